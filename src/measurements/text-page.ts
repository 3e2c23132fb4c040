import { Readable } from 'node:stream';
import type pg from 'pg';
import { createStatementNames } from '../database/statement-names.ts';
import { csvLineSql, jsonLineSql } from './copy-sql.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ExportArguments, MeasurementExport } from './export.ts';
import { type ExportColumn, measurementSource } from './export-columns.ts';
import { defaultPresentation } from './presentation.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, timeInstantText } from './selection-sql.ts';
import { frameOf } from './text-frame.ts';

const named = createStatementNames();

/**
 * A page of raw measurements as text: the same bytes as COPY would give, but in one statement that is planned once a
 * connection, where COPY needs a transaction, a statement to look ahead and a plan for each.
 * @returns undefined for what only COPY can write
 */
export async function readTextPage(
  pool: pg.Pool,
  selection: MeasurementSelection,
  args: ExportArguments,
): Promise<MeasurementExport | undefined> {
  const { limit = 0, presentation = defaultPresentation, statistics, indexes = [] } = args;
  if (limit === 0 || statistics !== undefined || indexes.length > 0 || presentation.timezone !== 'UTC') {
    return undefined;
  }
  const after = args.after === undefined ? undefined : decodeCursor(selection.order, args.after);
  const { bind, values } = bindParameters();
  const { columns, from } = measurementSource(selection, presentation, [], after, bind);
  const line = lineSql(args, columns);
  if (line === undefined) return undefined;
  const { rows } = await pool.query<[line: string, timeInstant: string, stationId: string]>({
    // One row more than asked for tells whether there is a next page.
    ...named(`select ${line}, ${timeInstantText}, id_entity ${from} limit ${limit + 1}`),
    values,
    rowMode: 'array',
  });
  const page = rows.slice(0, limit);
  const [, timeInstant = '', stationId = ''] = page.at(-1) ?? [];
  return {
    stream: Readable.from([framed(page, args, columns)], { objectMode: false }),
    next: rows.length > limit ? encodeCursor(selection.order, { timeInstant, stationId }) : null,
    rowCount: () => page.length,
  };
}

function lineSql(
  { format, presentation = defaultPresentation }: ExportArguments,
  columns: readonly ExportColumn[],
) {
  switch (format) {
    case 'csv':
      return csvLineSql(columns, presentation.csv);
    case 'json':
      return jsonLineSql(columns, ',');
    case 'ndjson':
      return jsonLineSql(columns, '');
    default:
      return undefined;
  }
}

function framed(
  page: readonly (readonly [line: string, ...unknown[]])[],
  { format, presentation = defaultPresentation }: ExportArguments,
  columns: readonly ExportColumn[],
): string {
  const { head, skip, tail, empty } = frameOf(columns, format, presentation.csv);
  const header =
    format === 'csv' && presentation.csv.header === 'names'
      ? `${columns.map(({ name }) => name).join(presentation.csv.delimiter)}\n`
      : '';
  if (page.length === 0) return empty + header;
  return (
    head +
    header +
    page
      .map(([line]) => `${line}\n`)
      .join('')
      .slice(skip) +
    tail
  );
}
