import pg from 'pg';
import { GatewayError } from '../errors.ts';

/** Sessions of a load; none of them may be cut short by a time-out that is meant for requests. */
const sessionSettings = {
  application_name: 'measurement-app',
  temp_buffers: '64MB',
  work_mem: '64MB',
  maintenance_work_mem: '128MB',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

const importPools = new WeakMap<pg.Pool, pg.Pool>();

/**
 * Runs a load on a connection apart from those that answer requests: a load may be long, its temporary tables must vanish with it,
 * and its session has settings of its own, among them the zone in which offset-less times are read. Connections are kept
 * for ten seconds, since a live feed comes many times a second.
 * @throws GatewayError INVALID_ARGUMENT when there is no such zone.
 */
export async function withImportSession<Result>(
  pool: pg.Pool,
  timezone: string,
  run: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const zone = sessionZone(timezone);
  const client = await importPoolOf(pool).connect();
  // Between queries there is nobody to hear that the connection broke; the next query will.
  const onError = () => {};
  client.on('error', onError);
  try {
    // Temporary tables need not survive a crash; the merge alone waits for the disk (import-measurements.ts).
    await client.query(`
      SET application_name = 'measurement-app import'; SET synchronous_commit = off;
      SET timezone TO ${pg.escapeLiteral(zone)}`);
    const result = await run(client);
    // Cleaned after the answer; whoever closes the database first ends the connection, which cleans as well.
    client.query('DISCARD ALL').then(
      () => {
        client.off('error', onError);
        client.release();
      },
      () => client.release(true),
    );
    return result;
  } catch (error) {
    // Whatever state it is in, nobody else shall get it.
    client.release(true);
    throw error;
  }
}

function importPoolOf(pool: pg.Pool): pg.Pool {
  const known = importPools.get(pool);
  if (known !== undefined) return known;
  const settings = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`);
  const importPool = new pg.Pool({
    ...pool.options,
    // Bounded by import slots where clients are many.
    max: 50,
    idleTimeoutMillis: 10_000,
    // An idle connection keeps no process alive, and need not be closed by anyone.
    allowExitOnIdle: true,
    options: [pool.options.options ?? '', ...settings].join(' '),
  });
  importPool.on('error', () => {});
  importPools.set(pool, importPool);
  return importPool;
}

/** The zone when its clocks may change, undefined for UTC and fixed offsets. */
export function changingZone(timezone: string): string | undefined {
  return isFixedOffset(timezone) || /^(UTC|Z|GMT)$/i.test(timezone) ? undefined : timezone;
}

function sessionZone(timezone: string): string {
  if (/^Z$/i.test(timezone)) return 'UTC';
  if (isFixedOffset(timezone)) {
    // POSIX counts west of Greenwich as positive.
    const turned = timezone.startsWith('-') ? '+' : '-';
    return `<${timezone}>${turned}${timezone.slice(1)}`;
  }
  try {
    // PostgreSQL would take any made-up POSIX name.
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return timezone;
  } catch {
    throw new GatewayError('INVALID_ARGUMENT', `There is no time zone "${timezone}".`, {
      field: 'timezone',
      hint: 'Accepted: an IANA name such as Europe/Madrid, or a fixed offset such as +01:00.',
    });
  }
}

function isFixedOffset(timezone: string): boolean {
  return /^[+-](0\d|1[0-4]):[0-5]\d$/.test(timezone);
}
