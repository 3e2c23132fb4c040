import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { GatewayError } from '../errors.ts';
import { observeImport } from './import-telemetry.ts';
import { type Layout, layoutCodes } from './layout.ts';
import { findEarlierLoad, type LedgerEntry, type Load, writeLedger } from './ledger.ts';
import { type ConflictPolicy, merge } from './merge.ts';
import type { ReadOptions } from './read-options.ts';
import { describeRejection, type Rejection } from './rejection.ts';
import { isOverLimit, type RejectionLimit } from './rejection-limit.ts';
import { changingZone, withImportSession } from './session.ts';
import type { Source } from './source.ts';
import { stageSource } from './stage-source.ts';
import { ensureStations, readStationDetails, type StationDetails } from './stations.ts';
import { readRejections, type Validated, validate } from './validate.ts';

export interface ImportOptions {
  /** Who does it, for the ledger. */
  readonly importedBy: string;
  /** How the source is to be understood. */
  readonly read?: ReadOptions;
  /** Default `update`. */
  readonly onConflict?: ConflictPolicy;
  /** Reject lines of stations that are not there, instead of creating them. */
  readonly strict?: boolean;
  /** Rejected lines up to which the others are loaded all the same. Default 0. */
  readonly maxRejects?: RejectionLimit;
  /** Say what would happen, and change nothing. */
  readonly dryRun?: boolean;
  /** Load bytes that were loaded before once more. */
  readonly again?: boolean;
  /** Stations to create with more than the source says. */
  readonly stations?: readonly StationDetails[];
  /** Gets every rejected line as CSV, also when nothing is loaded. */
  readonly rejects?: Writable | undefined;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** What an import is at. Staging moves with the bytes of the source; the database does not tell how far the rest is. */
export interface ImportProgress {
  readonly phase: 'staging' | 'validating' | 'merging';
  readonly bytesRead: number;
  readonly size: number | undefined;
  readonly lines: number;
}

/** The ledger entry, and the first lines that were rejected. */
export interface ImportResult extends LedgerEntry {
  /** `known`: the same bytes were loaded before, as import `id`, and nothing was done. `checked`: a dry run; `id` is 0. */
  readonly outcome: 'loaded' | 'known' | 'checked';
  readonly rejections: readonly Rejection[];
}

/** Rejected lines that a result spells out. */
const rejectionsShown = 100;

/**
 * Loads one source, all or nothing: bytes -> COPY into a temporary table -> validation by set -> merge and ledger in one
 * transaction. Nothing of it can be seen before that transaction commits, and nothing is left if it does not.
 * @throws GatewayError INVALID_SOURCE when the source cannot be read or too many lines are rejected, CONFLICT under
 *   `onConflict: 'fail'`, INVALID_ARGUMENT for options that make no sense; the database is then as before.
 */
export function importMeasurements(
  pool: pg.Pool,
  source: Source,
  options: ImportOptions,
): Promise<ImportResult> {
  return observeImport(source.name, () => load(pool, source, options));
}

async function load(pool: pg.Pool, source: Source, options: ImportOptions): Promise<ImportResult> {
  const startedAt = new Date();
  const read = options.read ?? {};
  const timezone = read.timezone ?? 'UTC';
  return withImportSession(pool, timezone, async (client) => {
    const report = (phase: ImportProgress['phase'], lines: number) =>
      options.onProgress?.({ phase, bytesRead: source.bytesRead(), size: source.size, lines });
    const staged = await stageSource(client, source, read, (lines) => report('staging', lines));
    const { importedBy } = options;
    const settings = { ...read, onConflict: options.onConflict ?? 'update' };
    const load: Load = { source: source.name, sha256: staged.sha256, startedAt, importedBy, settings };
    const earlier = options.again || options.dryRun ? undefined : await findEarlierLoad(client, load);
    if (earlier !== undefined) return knownBefore(load, earlier);
    report('validating', staged.lines);
    const validated = await validate(client, staged.layout, {
      changingZone: changingZone(timezone),
      strict: options.strict,
    });
    if (options.rejects !== undefined) await writeRejections(client, options.rejects);
    const { read: lines, rejected } = validated;
    if (!options.dryRun && isOverLimit(rejected, lines, options.maxRejects ?? 0)) {
      throw await tooManyRejected(client, source, validated);
    }
    report('merging', staged.lines);
    return await mergeSource(client, load, staged.layout, validated, options);
  });
}

async function mergeSource(
  client: pg.ClientBase,
  load: Load,
  layout: Layout,
  validated: Validated,
  options: ImportOptions,
): Promise<ImportResult> {
  const dryRun = options.dryRun ?? false;
  const rejections = validated.rejected > 0 ? await readRejections(client, rejectionsShown) : [];
  const details = [...(await readStationDetails(client, layout)), ...(options.stations ?? [])];
  await client.query('BEGIN; SET LOCAL synchronous_commit TO DEFAULT');
  try {
    if (!dryRun) {
      // One merge at a time: two of the same rows would otherwise wait for each other's keys.
      await client.query("SELECT pg_advisory_xact_lock(hashtext('import_measurements'))");
      await ensureStations(client, validated.stationIds, details);
    }
    const merged = await merge(client, validated, {
      codes: layoutCodes(layout),
      onConflict: options.onConflict ?? 'update',
      keepAbsent: layout.long !== undefined,
      dryRun,
    });
    const entry = dryRun
      ? checkedOnly(load, validated, merged)
      : await writeLedger(client, load, validated, merged);
    await client.query(dryRun ? 'ROLLBACK' : 'COMMIT');
    return { ...entry, outcome: dryRun ? 'checked' : 'loaded', rejections };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

function checkedOnly(
  load: Load,
  validated: Validated,
  merged: Awaited<ReturnType<typeof merge>>,
): LedgerEntry {
  const { source, sha256, startedAt } = load;
  const { read, rejected, months } = validated;
  const [firstTimeInstant, lastTimeInstant] = [months[0]?.first ?? null, months.at(-1)?.last ?? null];
  const times = { startedAt, finishedAt: new Date(), firstTimeInstant, lastTimeInstant };
  return { id: 0n, source, sha256, read, rejected, ...merged, ...times };
}

function knownBefore(load: Load, earlier: { readonly id: bigint; readonly finishedAt: Date }): ImportResult {
  return {
    ...earlier,
    outcome: 'known',
    source: load.source,
    sha256: load.sha256,
    startedAt: load.startedAt,
    read: 0,
    rejected: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    firstTimeInstant: null,
    lastTimeInstant: null,
    rejections: [],
  };
}

async function writeRejections(client: pg.ClientBase, output: Writable): Promise<void> {
  const sql =
    'COPY (SELECT line, field, value, reason FROM import_rejected ORDER BY line) TO STDOUT (FORMAT csv, HEADER)';
  await pipeline(client.query(copyTo(sql)), output);
}

async function tooManyRejected(
  client: pg.ClientBase,
  source: Source,
  { rejected, read }: Validated,
): Promise<GatewayError> {
  const rejections = await readRejections(client, 10);
  const more = rejected > rejections.length ? `\n  … and ${rejected - rejections.length} more` : '';
  const field = rejections[0]?.field;
  return new GatewayError(
    'INVALID_SOURCE',
    `${source.name}: ${rejected} of ${read} lines are not accepted; nothing was loaded.\n` +
      `${rejections.map((rejection) => `  ${describeRejection(rejection)}`).join('\n')}${more}`,
    { ...(field != null && { field }) },
  );
}
