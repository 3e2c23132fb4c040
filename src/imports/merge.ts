import pg from 'pg';
import { GatewayError } from '../errors.ts';
import type { PollutantCode } from '../measurements/pollutants.ts';
import { insertRows } from './insert-rows.ts';
import type { Validated } from './validate.ts';

/** What a measurement that is there already does to one that comes: gives way, stays, or ends the import. */
export type ConflictPolicy = 'update' | 'keep' | 'fail';

export interface MergeOptions {
  /** Pollutants of the source; others keep what they have. */
  readonly codes: readonly PollutantCode[];
  readonly onConflict: ConflictPolicy;
  /** An absent value leaves the one that is there, since the source does not speak of it (long files). */
  readonly keepAbsent: boolean;
  /** Only say what would happen. */
  readonly dryRun: boolean;
}

export interface Merged {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * Merges the temporary table `import_row` into the measurements, inside the transaction of the caller. New rows are tried
 * first, without asking what is there: that is the ordinary case and the fast one. When a key turns out to be taken (in the
 * table, or twice in the source), every row is compared. A statement that would change nothing is not run, so that an
 * identical reload leaves the dataset version alone.
 * @throws GatewayError CONFLICT under `onConflict: 'fail'` when a measurement differs from what is there.
 */
export async function merge(
  client: pg.ClientBase,
  validated: Validated,
  options: MergeOptions,
): Promise<Merged> {
  const { rows, months } = validated;
  if (rows === 0) return { inserted: 0, updated: 0, unchanged: 0 };
  if (!options.dryRun && (await allInserted(client, validated, options))) {
    return { inserted: rows, updated: 0, unchanged: 0 };
  }
  const first = months[0]?.first ?? new Date(0);
  const last = months.at(-1)?.last ?? first;
  const compared = await compare(client, options, first, last);
  if (options.onConflict === 'fail' && compared.updated > 0) throw await conflict(client, compared.updated);
  if (!options.dryRun) {
    if (compared.inserted > 0) await insertNew(client, options);
    if (compared.toUpdate > 0) await updateChanged(client, options, first, last);
  }
  return compared;
}

async function allInserted(
  client: pg.ClientBase,
  { months }: Validated,
  { codes }: MergeOptions,
): Promise<boolean> {
  await client.query('SAVEPOINT before_insert');
  try {
    await insertRows(
      client,
      'import_row',
      codes,
      months.map(({ start }) => start),
    );
    return true;
  } catch (error) {
    // unique_violation
    if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_insert');
    return false;
  }
}

/**
 * Sets every row against what is there and against the line before it for the same station and time, in the temporary table
 * `import_compared`. Of several such lines the last one counts (the first one when what is there is kept); each is counted by
 * what it did to the one before.
 */
async function compare(
  client: pg.ClientBase,
  { codes, onConflict, keepAbsent }: MergeOptions,
  first: Date,
  last: Date,
): Promise<Merged & { readonly toUpdate: number }> {
  const list = (expression: (code: PollutantCode) => string) => codes.map(expression).join(', ');
  const incoming = (code: PollutantCode) =>
    keepAbsent ? `coalesce(incoming.${code}, present.${code})` : `incoming.${code}`;
  const replaces = onConflict === 'keep' ? 'false AND ' : '';
  await client.query(`
    CREATE TEMPORARY TABLE import_compared ON COMMIT DROP AS
    SELECT line, incoming."TimeInstant", incoming.id_entity, ${list((code) => `${incoming(code)} AS ${code}`)},
           is_first, ${onConflict === 'keep' ? 'is_first' : 'is_last'} AS is_chosen, replaces_previous,
           present.id_entity IS NOT NULL AS is_present,
           ${replaces} ROW(${list((code) => `present.${code}`)}) IS DISTINCT FROM ROW(${list(incoming)}) AS replaces
    FROM (
      SELECT line, "TimeInstant", id_entity, ${list((code) => code)},
             lag(line) OVER same_key IS NULL AS is_first, lead(line) OVER same_key IS NULL AS is_last,
             ${replaces} ROW(${list((code) => `lag(${code}) OVER same_key`)})
               IS DISTINCT FROM ROW(${list((code) => code)}) AS replaces_previous
      FROM import_row WINDOW same_key AS (PARTITION BY id_entity, "TimeInstant" ORDER BY line)
    ) AS incoming
    LEFT JOIN environment_airq_measurand AS present
      ON present.id_entity = incoming.id_entity AND present."TimeInstant" = incoming."TimeInstant"
      AND ${isBetween(first, last)}`);
  const { rows } = await client.query<Record<'inserted' | 'updated' | 'unchanged' | 'to_update', string>>(`
    SELECT count(*) FILTER (WHERE is_first AND NOT is_present) AS inserted,
           count(*) FILTER (WHERE NOT (is_first AND NOT is_present) AND effect) AS updated,
           count(*) FILTER (WHERE NOT (is_first AND NOT is_present) AND NOT effect) AS unchanged,
           count(*) FILTER (WHERE is_chosen AND is_present AND replaces) AS to_update
    FROM (SELECT *, CASE WHEN is_first THEN replaces ELSE replaces_previous END AS effect FROM import_compared) AS row`);
  const counted = rows[0];
  return {
    inserted: Number(counted?.inserted),
    updated: Number(counted?.updated),
    unchanged: Number(counted?.unchanged),
    toUpdate: Number(counted?.to_update),
  };
}

async function insertNew(client: pg.ClientBase, { codes }: MergeOptions): Promise<void> {
  await client.query(`
    CREATE TEMPORARY TABLE import_new ON COMMIT DROP AS
    SELECT * FROM import_compared WHERE is_chosen AND NOT is_present`);
  const { rows } = await client.query<{ start: Date }>(
    `SELECT DISTINCT date_trunc('month', "TimeInstant", 'UTC') AS start FROM import_new ORDER BY 1`,
  );
  await insertRows(
    client,
    'import_new',
    codes,
    rows.map(({ start }) => start),
  );
}

async function updateChanged(
  client: pg.ClientBase,
  { codes }: MergeOptions,
  first: Date,
  last: Date,
): Promise<void> {
  await client.query(`
    UPDATE environment_airq_measurand AS present
    SET ${codes.map((code) => `${code} = incoming.${code}`).join(', ')}
    FROM import_compared AS incoming
    WHERE incoming.is_chosen AND incoming.is_present AND incoming.replaces
      AND present.id_entity = incoming.id_entity AND present."TimeInstant" = incoming."TimeInstant"
      AND ${isBetween(first, last)}`);
}

async function conflict(client: pg.ClientBase, count: number): Promise<GatewayError> {
  const { rows } = await client.query<{ line: string; id_entity: string; time: Date }>(`
    SELECT line, id_entity, "TimeInstant" AS time FROM import_compared
    WHERE CASE WHEN is_first THEN is_present AND replaces ELSE replaces_previous END ORDER BY line LIMIT 10`);
  const lines = rows.map(
    ({ line, id_entity, time }) => `  line ${line}: ${id_entity} at ${time.toISOString()}`,
  );
  const more = count > lines.length ? `\n  … and ${count - lines.length} more` : '';
  return new GatewayError(
    'CONFLICT',
    `${count} measurements differ from what is there; nothing was loaded.\n${lines.join('\n')}${more}`,
    { hint: 'Load them with on-conflict update or keep.' },
  );
}

/** Lets the planner leave out the months that the source does not touch. */
function isBetween(first: Date, last: Date): string {
  return `present."TimeInstant" BETWEEN '${first.toISOString()}' AND '${last.toISOString()}'`;
}
