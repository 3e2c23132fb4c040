import { Readable } from 'node:stream';
import type pg from 'pg';
import { GatewayError } from '../errors.ts';
import type { AirQualityIndex } from './air-quality-index/air-quality-index.ts';
import { arrowStream } from './arrow.ts';
import { csvCopySql, jsonCopySql } from './copy-sql.ts';
import { type CopyStream, idleReaderError, openCopyStream } from './copy-stream.ts';
import { decodeCursor, encodeCursor, type MeasurementKey } from './cursor.ts';
import {
  type ExportColumn,
  type ExportSource,
  measurementSource,
  statisticsSource,
} from './export-columns.ts';
import type { ExportSlots } from './export-slots.ts';
import { instantText } from './instant-text.ts';
import { parquetFile } from './parquet.ts';
import { type CsvDialect, defaultPresentation, type Presentation } from './presentation.ts';
import { type RowBatch, streamRowBatches } from './row-batches.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindLiterals, selectionSql } from './selection-sql.ts';
import type { StatisticsRequest } from './statistics.ts';
import { frameOf } from './text-frame.ts';
import { readTextPage } from './text-page.ts';

/** What PostgreSQL prints itself. */
export type CopyFormat = 'csv' | 'json' | 'ndjson';

/** What is built of rows in batches, with the number of rows that suits it. */
const batchFormats = {
  arrow: { batchSize: 5_000, build: arrowStream },
  parquet: { batchSize: 20_000, build: parquetFile },
};

export type ExportFormat = CopyFormat | keyof typeof batchFormats;

export interface ExportArguments {
  readonly format: ExportFormat;
  readonly presentation?: Presentation | undefined;
  /** Rows at most; all of them when absent. */
  readonly limit?: number | undefined;
  /** Cursor of the row before the first one. */
  readonly after?: string | undefined;
  /** Averages over periods instead of raw measurements. */
  readonly statistics?: StatisticsRequest | undefined;
  /** Indexes to add to raw measurements, a column each. */
  readonly indexes?: readonly AirQualityIndex[] | undefined;
  /** Aborted when nobody wants the export any more, also while it waits for its turn. */
  readonly signal?: AbortSignal | undefined;
}

/** What bounds exports, apart from the caller's wishes. */
export interface ExportLimits {
  readonly slots: ExportSlots;
  /** Exports of at most so many rows are pages: they do not wait in line. */
  readonly pageSizeMax: number;
  /** Rows that one export may have; 0 = any number. */
  readonly rowsMax: number;
  /** How long PostgreSQL may work on one export, in ms; 0 = any time. */
  readonly statementTimeoutMs: number;
  /** How long a reader may take none of the bytes that are ready, in ms. */
  readonly idleTimeoutMs: number;
}

export interface MeasurementExport {
  readonly stream: Readable;
  /** Cursor of the last row, when a limit leaves rows behind it. */
  readonly next: string | null;
  /** How many rows there were; right once the stream has ended. */
  rowCount(): number;
}

/** Whether an export of at most so many rows is a page, which waits for nobody. */
export function isPage(
  limit: number | undefined,
  { pageSizeMax }: Pick<ExportLimits, 'pageSizeMax'>,
): boolean {
  return limit !== undefined && limit <= pageSizeMax;
}

/**
 * Streams the rows of a selection. csv: RFC 4180 with header, `\n`. ndjson: one object a line. json:
 * `{"measurements":[…]}`. PostgreSQL prints these and JavaScript touches no row. arrow: IPC stream; parquet: file; both
 * from batches of rows, in bounded memory.
 * @throws GatewayError INVALID_CURSOR; INVALID_ARGUMENT for arguments that exclude each other; TOO_MANY_EXPORTS;
 *   TOO_MANY_ROWS.
 */
export async function exportMeasurements(
  pool: pg.Pool,
  selection: MeasurementSelection,
  args: ExportArguments,
  limits: ExportLimits,
): Promise<MeasurementExport> {
  const { limit, statistics, signal, presentation = defaultPresentation, indexes = [] } = args;
  requireCompatible(args);
  if (isPage(limit, limits)) {
    const page = await readTextPage(pool, selection, args);
    if (page !== undefined) return page;
  }
  const after = args.after === undefined ? undefined : decodeCursor(selection.order, args.after);
  const whole =
    statistics === undefined
      ? measurementSource(selection, presentation, indexes, after)
      : statisticsSource(selection, presentation, statistics);
  const source = limit === undefined ? whole : { ...whole, from: `${whole.from} limit ${limit}` };
  const release = isPage(limit, limits) ? () => {} : await limits.slots.acquire(signal);
  try {
    let next: string | null = null;
    const rows = await openRows(pool, source, args, limits, async (client) => {
      if (limit === undefined) await requireRowsAtMost(limits.rowsMax, source, client);
      else if (statistics === undefined) next = await findNext(client, selection, limit, after);
    });
    void rows.released.then(release);
    return { ...rows, next };
  } catch (error) {
    release();
    throw error;
  }
}

/** Opens the stream of a source in the format that is asked for; it runs `before` first, in the same snapshot. */
async function openRows(
  pool: pg.Pool,
  source: ExportSource,
  { format, signal, presentation = defaultPresentation }: ExportArguments,
  { statementTimeoutMs, idleTimeoutMs }: ExportLimits,
  before: (client: pg.PoolClient) => Promise<void>,
): Promise<CopyStream> {
  const { timezone, csv } = presentation;
  if (format === 'arrow' || format === 'parquet') {
    const { batchSize, build } = batchFormats[format];
    const options = { batchSize, timezone, statementTimeoutMs, signal, before };
    return batchStream(source.columns, streamRowBatches(pool, source, options), build, idleTimeoutMs);
  }
  const frame = frameOf(source.columns, format, csv);
  const options = { timezone, statementTimeoutMs, idleTimeoutMs, before, frame };
  return openCopyStream(pool, copySql(source, format, csv), options);
}

/** Waits for the first batch, so that what is wrong is known before the first byte. */
async function batchStream(
  columns: readonly ExportColumn[],
  batches: AsyncGenerator<RowBatch>,
  build: (columns: readonly ExportColumn[], batches: AsyncIterable<RowBatch>) => AsyncGenerator<Uint8Array>,
  idleTimeoutMs: number,
): Promise<CopyStream> {
  const first = await batches.next();
  let rowCount = 0;
  let idle: NodeJS.Timeout | undefined;
  async function* counted(): AsyncGenerator<RowBatch> {
    for (let batch = first; !batch.done; batch = await batches.next()) {
      rowCount += batch.value.length;
      if (idleTimeoutMs > 0) idle = setTimeout(giveUpReader, idleTimeoutMs);
      yield batch.value;
      clearTimeout(idle);
    }
  }
  const stream = Readable.from(build(columns, counted()), { objectMode: false });
  const giveUpReader = () => void stream.destroy(idleReaderError(idleTimeoutMs));
  // Not in a `finally` of the generator, which does not run when its first row was never asked for.
  const released = new Promise<void>((resolve) => {
    stream.once('close', () => clearTimeout(idle));
    stream.once('close', () => void batches.return(undefined).finally(resolve));
  });
  return { stream, rowCount: () => rowCount, released };
}

function requireCompatible({ after, statistics, indexes }: ExportArguments): void {
  if (statistics === undefined) return;
  const excluded =
    after !== undefined ? 'after' : indexes !== undefined && indexes.length > 0 ? 'index' : undefined;
  if (excluded === undefined) return;
  throw new GatewayError('INVALID_ARGUMENT', `\`${excluded}\` is for raw measurements, not for averages.`, {
    field: excluded,
    hint: `Leave out \`${excluded}\` or \`interval\`.`,
  });
}

function copySql(source: ExportSource, format: CopyFormat, csv: CsvDialect): string {
  return format === 'csv' ? csvCopySql(source, csv) : jsonCopySql(source, format === 'json' ? ',' : '');
}

/** Refuses before the first byte what would be cut short later. */
async function requireRowsAtMost(
  maximum: number,
  { from }: ExportSource,
  client: pg.PoolClient,
): Promise<void> {
  if (maximum === 0) return;
  const { rowCount } = await client.query(`select ${from} offset ${maximum} limit 1`);
  if (rowCount === 0) return;
  throw new GatewayError(
    'TOO_MANY_ROWS',
    `The selection has more than the ${maximum} rows that an export may have.`,
    {
      field: 'limit',
      hint: 'Choose stations or a range of time, or page with `limit` and the `next` link.',
    },
  );
}

async function findNext(
  client: pg.PoolClient,
  selection: MeasurementSelection,
  limit: number,
  after: MeasurementKey | undefined,
): Promise<string | null> {
  if (limit === 0) return null;
  const { rows } = await client.query<MeasurementKey>(
    `select ${instantText('"TimeInstant"')} as "timeInstant", id_entity as "stationId"
     ${selectionSql(selection, bindLiterals, after)} offset ${limit - 1} limit 2`,
  );
  const [last, following] = rows;
  return last === undefined || following === undefined ? null : encodeCursor(selection.order, last);
}
