import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionEnvironment } from '../../src/backups/postgresql-tools.ts';

describe('the environment of pg_dump and pg_restore', () => {
  it('has what the URL says, decoded', () => {
    const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = connectionEnvironment(
      'postgresql://air%40city:p%2Fw@db.example.org:6432/measure%20ment',
    );
    assert.deepEqual(
      [PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE],
      ['db.example.org', '6432', 'air@city', 'p/w', 'measure ment'],
    );
  });

  it('says `require` where node-postgres says `no-verify`, and passes on the other modes', () => {
    assert.equal(connectionEnvironment('postgresql://a@b/c?sslmode=no-verify').PGSSLMODE, 'require');
    assert.equal(connectionEnvironment('postgresql://a@b/c?sslmode=verify-full').PGSSLMODE, 'verify-full');
    assert.equal(connectionEnvironment('postgresql://a@b/c').PGSSLMODE, undefined);
  });

  it('takes sockets and IPv6 addresses, and leaves out a password that is not given', () => {
    assert.equal(
      connectionEnvironment('postgresql://a@localhost/c?host=/run/postgresql').PGHOST,
      '/run/postgresql',
    );
    const { PGHOST, PGPORT, ...others } = connectionEnvironment('postgresql://a@[::1]/c');
    assert.deepEqual([PGHOST, PGPORT], ['::1', '5432']);
    assert.ok(!('PGPASSWORD' in others));
  });
});
