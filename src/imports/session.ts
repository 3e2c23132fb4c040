import pg from 'pg';
import { GatewayError } from '../errors.ts';

/**
 * Opens a connection of its own for a load, outside the pool: a load may be long, its temporary tables must vanish with it, and
 * its session has settings of its own, among them the zone in which offset-less times are read.
 * @throws GatewayError INVALID_ARGUMENT when there is no such zone.
 */
export async function openImportSession(pool: pg.Pool, timezone: string): Promise<pg.Client> {
  const zone = sessionZone(timezone);
  const client = new pg.Client(pool.options);
  // A connection that breaks rejects the query that waits for it; without a listener it would end the process as well.
  client.on('error', () => {});
  await client.connect();
  await client.query(`
    SET application_name = 'measurement-app import'; SET temp_buffers = '64MB'; SET work_mem = '64MB'; SET maintenance_work_mem = '128MB';
    SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET timezone TO ${pg.escapeLiteral(zone)}`);
  return client;
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
