import type pg from 'pg';
import type { PollutantCode } from '../measurements/pollutants.ts';

/**
 * Inserts rows of the temporary table `table`, all of them new. A month the database does not have yet is filled before
 * it has indexes and attached afterwards: building an index at once costs a fraction of keeping it row by row. No reader
 * sees or waits for any of it.
 * @param months first instants of the months (UTC) that the rows lie in.
 * @throws pg.DatabaseError 23505 when a row is not new.
 */
export async function insertRows(
  client: pg.ClientBase,
  table: string,
  codes: readonly PollutantCode[],
  months: readonly Date[],
): Promise<void> {
  const columns = ['"TimeInstant"', 'id_entity', ...codes].join(', ');
  // The lock of measurement_partitions_ensure(), so that nobody else makes the same month meanwhile.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('measurement_partitions_ensure'))");
  const missing = await missingMonths(client, months);
  const starts = missing.map(({ start }) => `"${start}"`).join(',');
  const inMissingMonth = `date_trunc('month', "TimeInstant", 'UTC') = ANY('{${starts}}')`;
  const allMissing = missing.length === months.length;
  if (missing.length > 0) {
    await client.query(`
      CREATE TABLE import_month (LIKE environment_airq_measurand INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE ("TimeInstant");
      ${missing.map(({ name, bounds }) => `CREATE TABLE ${name} PARTITION OF import_month ${bounds};`).join('\n')}
      INSERT INTO import_month (${columns}) SELECT ${columns} FROM ${table} ${allMissing ? '' : `WHERE ${inMissingMonth}`};
      ${missing
        .map(
          ({ name, bounds }) => `
      ALTER TABLE import_month DETACH PARTITION ${name};
      ALTER TABLE environment_airq_measurand ATTACH PARTITION ${name} ${bounds};`,
        )
        .join('')}
      DROP TABLE import_month;`);
  }
  // Runs with no rows left too: its trigger is what bumps the dataset version.
  const rest = missing.length === 0 ? 'true' : allMissing ? 'false' : `NOT ${inMissingMonth}`;
  await client.query(
    `INSERT INTO environment_airq_measurand (${columns}) SELECT ${columns} FROM ${table} WHERE ${rest}`,
  );
}

interface MissingMonth {
  /** Of the partition; the names measurement_partitions_ensure() gives. */
  readonly name: string;
  readonly start: string;
  readonly bounds: string;
}

async function missingMonths(
  client: pg.ClientBase,
  months: readonly Date[],
): Promise<readonly MissingMonth[]> {
  const wanted = months.map((month) => {
    const start = month.toISOString();
    const end = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1)).toISOString();
    const name = `environment_airq_measurand_${start.slice(0, 7).replace('-', '_')}`;
    return { name, start, bounds: `FOR VALUES FROM ('${start}') TO ('${end}')` };
  });
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [wanted.map(({ name }) => name)],
  );
  const present = new Set(rows.map(({ name }) => name));
  return wanted.filter(({ name }) => !present.has(name));
}
