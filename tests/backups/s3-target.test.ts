import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { openTarget } from '../../src/backups/target.ts';
import { type MockS3, startMockS3 } from '../fixtures/mock-s3.ts';

describe('backups in a bucket (a mock of S3)', () => {
  let s3: MockS3;

  before(async () => {
    s3 = await startMockS3();
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'us-east-1',
    });
  });
  after(() => s3.close());

  it('stores, lists, gives and removes under its prefix only', async () => {
    const target = await openTarget('s3://bucket/air/quality', s3.endpoint);
    s3.objects.set('bucket/other', Buffer.from('not ours'));
    await target.put('a.dump', Readable.from(['one']));
    assert.equal(s3.objects.get('bucket/air/quality/a.dump')?.toString(), 'one');
    assert.deepEqual(await target.names(), ['a.dump']);
    assert.equal(await text(await target.get('a.dump')), 'one');
    await target.remove('a.dump');
    assert.deepEqual([...s3.objects.keys()], ['bucket/other']);
    await assert.rejects(target.get('a.dump'), /There is no air\/quality\/a\.dump in the bucket bucket/);
  });

  it('sends what is large in parts, in order', async () => {
    const target = await openTarget('s3://bucket', s3.endpoint);
    const piece = Buffer.alloc(1 << 20);
    const pieces = 70;
    await target.put(
      'large.dump',
      Readable.from(
        (function* () {
          for (let index = 0; index < pieces; index++) yield Buffer.from(piece.fill(index));
        })(),
      ),
    );
    const stored = await buffer(await target.get('large.dump'));
    assert.equal(stored.length, pieces << 20);
    for (let index = 0; index < pieces; index++) assert.equal(stored[index << 20], index);
  });

  it('a source that breaks leaves no object', async () => {
    const target = await openTarget('s3://bucket', s3.endpoint);
    async function* broken() {
      yield Buffer.alloc(1_000);
      throw new Error('the dump broke off');
    }
    await assert.rejects(target.put('broken.dump', Readable.from(broken())), /the dump broke off/);
    assert.ok(!s3.objects.has('bucket/broken.dump'));
  });
});
