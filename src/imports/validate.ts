import pg from 'pg';
import { castLongRows } from './cast-long-rows.ts';
import { castWideRows, castWideRowsAtOnce } from './cast-wide-rows.ts';
import type { Layout } from './layout.ts';
import type { Rejection } from './rejection.ts';

/** What validation found; the accepted rows are in the temporary table `import_row`. */
export interface Validated {
  /** Lines of the source, without its header and empty lines. */
  readonly read: number;
  readonly rejected: number;
  /** Accepted measurements. */
  readonly rows: number;
  readonly months: readonly Month[];
  readonly stationIds: readonly string[];
}

/** One calendar month (UTC) of accepted rows. */
export interface Month {
  readonly start: Date;
  readonly first: Date;
  readonly last: Date;
  readonly rows: number;
}

export interface ValidateOptions {
  /** Zone of offset-less times when its clocks change; undefined for UTC and fixed offsets. */
  readonly changingZone?: string | undefined;
  /** Refuse lines of stations that the database does not have. */
  readonly strict?: boolean | undefined;
}

/**
 * Turns staged text into typed rows. Sources are nearly always without fault, so a wide file is cast at once and
 * then looked at as a whole; only when the database refuses a cast, or a bound is exceeded somewhere, are its lines examined one
 * by one. Both ways accept the same lines.
 */
export async function validate(
  client: pg.ClientBase,
  layout: Layout,
  options: ValidateOptions,
): Promise<Validated> {
  if (layout.long !== undefined) await castLongRows(client, layout, layout.long, options);
  else if (options.changingZone !== undefined || !(await castWideRowsAtOnce(client, layout))) {
    await castWideRows(client, layout, options);
  }
  if (options.strict && layout.long === undefined) await rejectUnknownStations(client, layout);
  const months = await client.query<{ start: Date; first: Date; last: Date; rows: string }>(`
    SELECT date_trunc('month', "TimeInstant", 'UTC') AS start,
           min("TimeInstant") AS first, max("TimeInstant") AS last, count(*) AS rows
    FROM import_row GROUP BY 1 ORDER BY 1`);
  const stations = await client.query<{ id_entity: string }>(
    'SELECT id_entity FROM import_row GROUP BY id_entity ORDER BY id_entity',
  );
  const rows = months.rows.reduce((sum, month) => sum + Number(month.rows), 0);
  // Nobody else analyzes a temporary table, and without statistics a merge is planned for some thousand rows.
  if (rows > 10_000) await client.query('ANALYZE import_row');
  const counted = await client.query<{ read: string; rejected: string }>(`
    SELECT (SELECT count(*) FROM import_staged) + count(*) FILTER (WHERE NOT staged) AS read, count(*) AS rejected
    FROM import_rejected`);
  return {
    read: Number(counted.rows[0]?.read),
    rejected: Number(counted.rows[0]?.rejected),
    rows,
    months: months.rows.map((month) => ({ ...month, rows: Number(month.rows) })),
    stationIds: stations.rows.map(({ id_entity }) => id_entity),
  };
}

/** The first rejected lines, in the order of the file. */
export async function readRejections(client: pg.ClientBase, limit: number): Promise<Rejection[]> {
  const { rows } = await client.query<Rejection & { line: string }>(
    'SELECT line, field, value, reason FROM import_rejected ORDER BY line LIMIT $1',
    [limit],
  );
  return rows.map((row) => ({ ...row, line: Number(row.line) }));
}

async function rejectUnknownStations(client: pg.ClientBase, layout: Layout): Promise<void> {
  await client.query(`
    WITH refused AS (
      DELETE FROM import_row WHERE NOT EXISTS (SELECT FROM station WHERE station.id = import_row.id_entity)
      RETURNING line, id_entity
    )
    INSERT INTO import_rejected (line, field, value, reason, staged)
    SELECT line, ${pg.escapeLiteral(layout.columns[layout.station] ?? '')}, id_entity, 'a station that exists already', true
    FROM refused`);
}
