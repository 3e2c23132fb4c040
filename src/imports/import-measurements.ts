import { createHash } from 'node:crypto';
import pg from 'pg';
import { GatewayError } from '../errors.ts';
import { pollutantCodes } from '../measurements/pollutants.ts';
import { type Layout, readLayout } from './layout.ts';
import { type Merged, merge } from './merge.ts';
import { type RecordChunk, recordChunks } from './record-chunks.ts';
import { describeRejection, type Rejection } from './rejection.ts';
import type { Source } from './source.ts';
import { stage } from './stage.ts';
import { ensureStations, type StationDetails } from './stations.ts';
import { readRejections, type Validated, validate } from './validate.ts';

export interface ImportOptions {
  /** Who does it, for the ledger. */
  readonly importedBy: string;
  /** Rejected lines up to which the others are loaded all the same. Default 0. */
  readonly maxRejects?: number;
  /** Stations to create with more than their id. */
  readonly stations?: readonly StationDetails[];
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** What an import is at. Staging moves with the bytes of the source; the database does not tell how far the rest is. */
export interface ImportProgress {
  readonly phase: 'staging' | 'validating' | 'merging';
  readonly bytesRead: number;
  readonly size: number | undefined;
  readonly lines: number;
}

/** One entry of the ledger, and the first lines that were rejected. */
export interface ImportResult extends Merged {
  readonly id: bigint;
  readonly source: string;
  readonly sha256: string;
  readonly read: number;
  readonly rejected: number;
  readonly firstTimeInstant: Date | null;
  readonly lastTimeInstant: Date | null;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly rejections: readonly Rejection[];
}

/** Rejected lines that an error or a result spells out. */
const rejectionsShown = 100;

/**
 * Loads one source, all or nothing: bytes -> COPY into a temporary table -> validation by set -> merge and ledger in one
 * transaction. Uses a connection of its own, outside the pool: a load may be long, its temporary tables must vanish with it, and
 * its session has settings of its own.
 * @throws GatewayError INVALID_SOURCE when the source cannot be read or more lines than `maxRejects` are rejected; the
 *   database is then as before.
 */
export async function importMeasurements(
  pool: pg.Pool,
  source: Source,
  options: ImportOptions,
): Promise<ImportResult> {
  const startedAt = new Date();
  const client = new pg.Client(pool.options);
  // A connection that breaks rejects the query that waits for it; without a listener it would end the process as well.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`
      SET temp_buffers = '64MB'; SET work_mem = '64MB'; SET maintenance_work_mem = '128MB';
      SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0`);
    const { layout, sha256, lines } = await stageSource(client, source, options);
    const report = (phase: ImportProgress['phase']) =>
      options.onProgress?.({ phase, bytesRead: source.bytesRead(), size: source.size, lines });
    report('validating');
    const validated = await validate(client, layout);
    if (validated.rejected > (options.maxRejects ?? 0))
      throw await tooManyRejected(client, source, validated);
    const rejections = validated.rejected > 0 ? await readRejections(client, rejectionsShown) : [];
    report('merging');
    const entry = await mergeSource(
      client,
      { source: source.name, sha256, startedAt },
      layout,
      validated,
      options,
    );
    return { ...entry, rejections };
  } finally {
    await client.end();
  }
}

async function stageSource(
  client: pg.Client,
  source: Source,
  options: ImportOptions,
): Promise<{ layout: Layout; sha256: string; lines: number }> {
  const hash = createHash('sha256');
  const chunks = recordChunks(hashed(source.bytes, hash));
  const first = await chunks.next();
  if (first.done) throw new GatewayError('INVALID_SOURCE', `${source.name} is empty.`);
  const headerEnd = first.value.bytes.indexOf('\n') + 1 || first.value.bytes.length;
  const layout = readLayout(first.value.bytes.subarray(0, headerEnd));
  let lines = 1;
  async function* records(): AsyncGenerator<RecordChunk> {
    if (first.done) return;
    const { bytes, lines: firstLines } = first.value;
    if (bytes.length > headerEnd)
      yield { bytes: bytes.subarray(headerEnd), firstLine: 2, lines: firstLines - 1 };
    for await (const chunk of chunks) {
      lines = chunk.firstLine;
      yield chunk;
    }
  }
  await stage(client, layout, readAhead(records()), () =>
    options.onProgress?.({ phase: 'staging', bytesRead: source.bytesRead(), size: source.size, lines }),
  );
  return { layout, sha256: hash.digest('hex'), lines };
}

async function* hashed(
  bytes: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer> {
  for await (const part of bytes) {
    hash.update(part);
    yield part;
  }
}

/** Reads the next chunk while the database takes this one. */
async function* readAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  for (;;) {
    const item = await next;
    if (item.done) return;
    next = items.next();
    // Awaited on the next turn; if the consumer stops before that, nobody is left to be told.
    next.catch(() => {});
    yield item.value;
  }
}

async function tooManyRejected(
  client: pg.Client,
  source: Source,
  { rejected, read }: Validated,
): Promise<GatewayError> {
  const shown = 10;
  const rejections = await readRejections(client, shown);
  const more = rejected > rejections.length ? `\n  … and ${rejected - rejections.length} more` : '';
  return new GatewayError(
    'INVALID_SOURCE',
    `${source.name}: ${rejected} of ${read} lines are not accepted; nothing was loaded.\n` +
      `${rejections.map((rejection) => `  ${describeRejection(rejection)}`).join('\n')}${more}`,
    { ...(rejections[0]?.field != null && { field: rejections[0].field }) },
  );
}

async function mergeSource(
  client: pg.Client,
  about: { readonly source: string; readonly sha256: string; readonly startedAt: Date },
  layout: Layout,
  validated: Validated,
  options: ImportOptions,
): Promise<Omit<ImportResult, 'rejections'>> {
  const { months } = validated;
  const codes = pollutantCodes.filter((code) => layout.values.some((value) => value.code === code));
  await client.query('BEGIN');
  try {
    // One merge at a time: two of the same rows would otherwise wait for each other's keys.
    await client.query("SELECT pg_advisory_xact_lock(hashtext('import_measurements'))");
    await ensureStations(client, validated.stationIds, options.stations ?? []);
    const merged = await merge(client, codes, months);
    const finishedAt = new Date();
    const firstTimeInstant = months[0]?.first ?? null;
    const lastTimeInstant = months.at(-1)?.last ?? null;
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO import (source, sha256, rows_read, rows_inserted, rows_updated, rows_unchanged, rows_rejected,
                           first_time_instant, last_time_instant, started_at, finished_at, imported_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
      [
        about.source,
        about.sha256,
        validated.read,
        merged.inserted,
        merged.updated,
        merged.unchanged,
        validated.rejected,
        firstTimeInstant,
        lastTimeInstant,
        about.startedAt,
        finishedAt,
        options.importedBy,
      ],
    );
    await client.query('COMMIT');
    return {
      id: BigInt(rows[0]?.id ?? 0),
      ...about,
      read: validated.read,
      rejected: validated.rejected,
      ...merged,
      firstTimeInstant,
      lastTimeInstant,
      finishedAt,
    };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
