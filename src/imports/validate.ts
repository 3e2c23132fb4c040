import pg from 'pg';
import { type PollutantCode, pollutants } from '../measurements/pollutants.ts';
import type { Layout } from './layout.ts';
import {
  acceptedStationId,
  acceptedTime,
  acceptedValue,
  type Rejection,
  stationIdForm,
  years,
} from './rejection.ts';

/** What validation found; the accepted rows are in the temporary table `import_row`. */
export interface Validated {
  readonly read: number;
  readonly rejected: number;
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

/**
 * Turns staged text into typed rows. Sources are nearly always without fault, so everything is cast at once and then
 * looked at as a whole; only when the database refuses a cast, or a bound is exceeded somewhere, are the lines examined one
 * by one. Both ways accept the same lines.
 */
export async function validate(client: pg.Client, layout: Layout): Promise<Validated> {
  if (!(await castAtOnce(client, layout))) await castLineByLine(client, layout);
  // Nobody else analyzes a temporary table, and without statistics the merge is planned for a handful of rows.
  await client.query('ANALYZE import_row');
  const months = await client.query<{ start: Date; first: Date; last: Date; rows: string }>(`
    SELECT date_trunc('month', "TimeInstant", 'UTC') AS start,
           min("TimeInstant") AS first, max("TimeInstant") AS last, count(*) AS rows
    FROM import_row GROUP BY 1 ORDER BY 1`);
  const stations = await client.query<{ id_entity: string }>(
    'SELECT id_entity FROM import_row GROUP BY id_entity ORDER BY id_entity',
  );
  const rejected = await client.query<{ rejected: string }>(
    'SELECT count(*) AS rejected FROM import_rejected',
  );
  const rejectedCount = Number(rejected.rows[0]?.rejected);
  const accepted = months.rows.reduce((sum, { rows }) => sum + Number(rows), 0);
  return {
    read: accepted + rejectedCount,
    rejected: rejectedCount,
    months: months.rows.map((month) => ({ ...month, rows: Number(month.rows) })),
    stationIds: stations.rows.map(({ id_entity }) => id_entity),
  };
}

/** The first rejected lines, in the order of the file. */
export async function readRejections(client: pg.Client, limit: number): Promise<Rejection[]> {
  const { rows } = await client.query<Rejection & { line: string }>(
    'SELECT line, field, value, reason FROM import_rejected ORDER BY line LIMIT $1',
    [limit],
  );
  return rows.map((row) => ({ ...row, line: Number(row.line) }));
}

async function castAtOnce(client: pg.Client, layout: Layout): Promise<boolean> {
  const values = layout.values.map(({ code, column }) => `c${column}::double precision AS ${code}`);
  try {
    await client.query(`
      CREATE TEMPORARY TABLE import_row AS
      SELECT line, c${layout.time}::timestamptz(3) AS "TimeInstant", c${layout.station} COLLATE "C" AS id_entity, ${values.join(', ')}
      FROM import_staged WHERE c${layout.time} LIKE '____-__-__%'`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !error.code?.startsWith('22')) throw error;
    return false;
  }
  const { rows } = await client.query<{ faultless: boolean }>(`
    SELECT (SELECT count(*) FROM import_staged) = count(*)
       AND coalesce(bool_and(${insideYears('"TimeInstant"')}), true)
       AND ${layout.values.map(({ code }) => `coalesce(${insideRange(`min(${code})`, code)} AND ${insideRange(`max(${code})`, code)}, true)`).join(' AND ')}
       AND (SELECT coalesce(bool_and(id_entity IS NOT NULL AND id_entity ~ '${stationIdForm}'), true)
            FROM (SELECT DISTINCT id_entity FROM import_row) AS station) AS faultless
    FROM import_row`);
  if (rows[0]?.faultless) return true;
  await client.query('DROP TABLE import_row');
  return false;
}

async function castLineByLine(client: pg.Client, layout: Layout): Promise<void> {
  const time = `btrim(c${layout.time})`;
  const station = `btrim(c${layout.station})`;
  const faults = [
    { column: layout.time, fault: timeFault(time), reason: acceptedTime },
    {
      column: layout.station,
      fault: `coalesce(${station} !~ '${stationIdForm}', true)`,
      reason: acceptedStationId,
    },
    ...layout.values.map(({ code, column }) => ({
      column,
      fault: valueFault(`nullif(btrim(c${column}), '')`, code),
      reason: acceptedValue(code),
    })),
  ];
  const choose = (pick: (fault: (typeof faults)[number]) => string) =>
    `CASE fault ${faults.map((fault, index) => `WHEN ${index} THEN ${pick(fault)}`).join(' ')} END`;
  await client.query(`
    INSERT INTO import_rejected (line, field, value, reason)
    SELECT line, ${choose(({ column }) => pg.escapeLiteral(layout.columns[column] ?? ''))},
           ${choose(({ column }) => `c${column}`)}, ${choose(({ reason }) => pg.escapeLiteral(reason))}
    FROM (
      SELECT *, CASE ${faults.map(({ fault }, index) => `WHEN ${fault} THEN ${index}`).join(' ')} END AS fault
      FROM import_staged
    ) AS examined
    WHERE fault IS NOT NULL`);
  const values = layout.values.map(
    ({ code, column }) => `nullif(btrim(c${column}), '')::double precision AS ${code}`,
  );
  // OFFSET 0 keeps the casts behind the filter, whatever plan is chosen.
  await client.query(`
    CREATE TEMPORARY TABLE import_row AS
    SELECT line, ${time}::timestamptz(3) AS "TimeInstant", ${station} COLLATE "C" AS id_entity, ${values.join(', ')}
    FROM (
      SELECT * FROM import_staged WHERE NOT EXISTS (
        SELECT FROM import_rejected WHERE import_rejected.line = import_staged.line
      ) OFFSET 0
    ) AS accepted`);
}

// CASE, because only CASE promises that the cast is not tried on what the test refused.
function timeFault(text: string): string {
  const wellFormed = `${text} LIKE '____-__-__%' AND pg_input_is_valid(${text}, 'timestamptz')`;
  return `CASE WHEN ${wellFormed} THEN NOT ${insideYears(`${text}::timestamptz(3)`)} ELSE true END`;
}

function insideYears(time: string): string {
  return `(${time} >= '${years.first}-01-01Z' AND ${time} < '${years.last + 1}-01-01Z')`;
}

function valueFault(text: string, code: PollutantCode): string {
  return `CASE WHEN ${text} IS NULL THEN false WHEN pg_input_is_valid(${text}, 'double precision')
          THEN NOT ${insideRange(`${text}::double precision`, code)} ELSE true END`;
}

/** NaN is above every number in PostgreSQL, so it is outside too. */
function insideRange(value: string, code: PollutantCode): string {
  const [minimum, maximum] = pollutants.find((pollutant) => pollutant.code === code)?.plausibleRange ?? [];
  return `(${value} BETWEEN ${minimum} AND ${maximum})`;
}
