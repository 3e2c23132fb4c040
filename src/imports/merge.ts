import pg from 'pg';
import type { PollutantCode } from '../measurements/pollutants.ts';
import type { Month } from './validate.ts';

export interface Merged {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * Merges the temporary table `import_row` into the measurements, inside the transaction of the caller. New rows are
 * tried first, without asking what is there: that is the ordinary case and the fast one. When a key turns out to be taken
 * (in the table, or twice in the source), every row is compared. A statement that would change nothing is not run, so that an
 * identical reload leaves the dataset version alone.
 */
export async function merge(
  client: pg.Client,
  codes: readonly PollutantCode[],
  months: readonly Month[],
): Promise<Merged> {
  const rows = months.reduce((sum, month) => sum + month.rows, 0);
  if (rows === 0) return { inserted: 0, updated: 0, unchanged: 0 };
  await client.query('SAVEPOINT before_insert');
  try {
    await insertRows(client, 'import_row', codes, months);
    return { inserted: rows, updated: 0, unchanged: 0 };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_insert');
  }
  return compareAndMerge(client, codes, months);
}

/** Of several lines for one station and time the last one counts; each is counted by what it did to the line before. */
async function compareAndMerge(
  client: pg.Client,
  codes: readonly PollutantCode[],
  months: readonly Month[],
): Promise<Merged> {
  const list = (prefix: string) => codes.map((code) => `${prefix}${code}`).join(', ');
  const first = months[0]?.first;
  const last = months.at(-1)?.last;
  await client.query(`
    CREATE TEMPORARY TABLE import_compared ON COMMIT DROP AS
    SELECT incoming.*, present.id_entity IS NOT NULL AS is_present,
           (${list('present.')}) IS DISTINCT FROM (${list('incoming.')}) AS differs
    FROM (
      SELECT line, "TimeInstant", id_entity, ${list('')},
             lead(line) OVER same_key IS NULL AS is_last, lag(line) OVER same_key IS NULL AS is_first,
             ROW(${codes.map((code) => `lag(${code}) OVER same_key`).join(', ')})
               IS DISTINCT FROM ROW(${list('')}) AS differs_from_previous
      FROM import_row WINDOW same_key AS (PARTITION BY id_entity, "TimeInstant" ORDER BY line)
    ) AS incoming
    LEFT JOIN environment_airq_measurand AS present
      ON present.id_entity = incoming.id_entity AND present."TimeInstant" = incoming."TimeInstant"
      AND present."TimeInstant" BETWEEN ${timestamp(first)} AND ${timestamp(last)}`);
  const { rows } = await client.query<{
    inserted: string;
    updated: string;
    unchanged: string;
    to_update: string;
  }>(`
    SELECT count(*) FILTER (WHERE is_first AND NOT is_present) AS inserted,
           count(*) FILTER (WHERE CASE WHEN is_first THEN is_present AND differs ELSE differs_from_previous END) AS updated,
           count(*) FILTER (WHERE CASE WHEN is_first THEN is_present AND NOT differs ELSE NOT differs_from_previous END)
             AS unchanged,
           count(*) FILTER (WHERE is_last AND is_present AND differs) AS to_update
    FROM import_compared`);
  const counted = rows[0];
  const inserted = Number(counted?.inserted);
  if (inserted > 0) {
    await client.query(`
      CREATE TEMPORARY TABLE import_new ON COMMIT DROP AS
      SELECT * FROM import_compared WHERE is_last AND NOT is_present`);
    await insertRows(client, 'import_new', codes, await monthsOf(client, 'import_new'));
  }
  if (Number(counted?.to_update) > 0) {
    await client.query(`
      UPDATE environment_airq_measurand AS present
      SET ${codes.map((code) => `${code} = incoming.${code}`).join(', ')}
      FROM import_compared AS incoming
      WHERE incoming.is_last AND incoming.is_present AND incoming.differs
        AND present.id_entity = incoming.id_entity AND present."TimeInstant" = incoming."TimeInstant"
        AND present."TimeInstant" BETWEEN ${timestamp(first)} AND ${timestamp(last)}`);
  }
  return { inserted, updated: Number(counted?.updated), unchanged: Number(counted?.unchanged) };
}

async function monthsOf(client: pg.Client, table: string): Promise<{ start: Date }[]> {
  const { rows } = await client.query<{ start: Date }>(
    `SELECT DISTINCT date_trunc('month', "TimeInstant", 'UTC') AS start FROM ${table} ORDER BY 1`,
  );
  return rows;
}

/**
 * Inserts rows that are all new. A month the database does not have yet is filled before it has indexes and attached
 * afterwards: building an index at once costs a fraction of keeping it row by row. No reader sees or waits for any of it.
 */
async function insertRows(
  client: pg.Client,
  table: string,
  codes: readonly PollutantCode[],
  months: readonly Pick<Month, 'start'>[],
): Promise<void> {
  const columns = ['"TimeInstant"', 'id_entity', ...codes].join(', ');
  // The lock of measurement_partitions_ensure(), so that nobody else makes the same month meanwhile.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('measurement_partitions_ensure'))");
  const missing = await missingMonths(client, months);
  const inMissingMonth = `date_trunc('month', "TimeInstant", 'UTC') = ANY('{${missing.map(({ start }) => `"${start}"`).join(',')}}')`;
  if (missing.length > 0) {
    await client.query(`
      CREATE TABLE import_month (LIKE environment_airq_measurand INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE ("TimeInstant");
      ${missing.map(({ name, start, end }) => `CREATE TABLE ${name} PARTITION OF import_month FOR VALUES FROM ('${start}') TO ('${end}');`).join('\n')}
      INSERT INTO import_month (${columns}) SELECT ${columns} FROM ${table}
        ${missing.length < months.length ? `WHERE ${inMissingMonth}` : ''};
      ${missing
        .map(
          ({ name, start, end }) => `
            ALTER TABLE import_month DETACH PARTITION ${name};
            ALTER TABLE environment_airq_measurand ATTACH PARTITION ${name} FOR VALUES FROM ('${start}') TO ('${end}');`,
        )
        .join('')}
      DROP TABLE import_month;`);
  }
  // Runs with no rows left too: its trigger is what bumps the dataset version.
  const rest =
    missing.length === 0 ? 'true' : missing.length < months.length ? `NOT ${inMissingMonth}` : 'false';
  await client.query(`
    INSERT INTO environment_airq_measurand (${columns}) SELECT ${columns} FROM ${table} WHERE ${rest}`);
}

interface MissingMonth {
  /** Of the partition; the names measurement_partitions_ensure() gives. */
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

async function missingMonths(
  client: pg.Client,
  months: readonly Pick<Month, 'start'>[],
): Promise<readonly MissingMonth[]> {
  const wanted = months.map(({ start }) => ({
    name: `environment_airq_measurand_${start.toISOString().slice(0, 7).replace('-', '_')}`,
    start: start.toISOString(),
    end: new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)).toISOString(),
  }));
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [wanted.map(({ name }) => name)],
  );
  const present = new Set(rows.map(({ name }) => name));
  return wanted.filter(({ name }) => !present.has(name));
}

function timestamp(date: Date | undefined): string {
  return date === undefined ? 'NULL' : `'${date.toISOString()}'::timestamptz`;
}
