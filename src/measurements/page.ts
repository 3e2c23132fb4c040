import type pg from 'pg';
import { GatewayError } from '../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Measurement, measurementFromRow } from './measurement.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, selectionSql, timeInstantText } from './selection-sql.ts';

export interface PageArguments {
  /** Rows wanted at most. */
  readonly first: number;
  /** Cursor of the row before the page. */
  readonly after?: string | null | undefined;
}

/** Rows in the order of their selection, each with the cursor to go on behind it. */
export interface MeasurementPage {
  readonly measurements: readonly Measurement[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  cursorOf(measurement: Measurement): string;
}

/**
 * Reads one keyset page: its cost does not depend on how far into the selection it lies.
 * @throws GatewayError PAGE_SIZE when `first` is not in 1…`pageSizeMax`; INVALID_CURSOR.
 */
export async function readPage(
  pool: pg.Pool,
  selection: MeasurementSelection,
  { first, after }: PageArguments,
  pageSizeMax: number,
): Promise<MeasurementPage> {
  requirePageSize(first, pageSizeMax);
  const key = after == null ? undefined : decodeCursor(selection.order, after);
  const { bind, values } = bindParameters();
  const columns = [timeInstantText, 'id_entity', ...selection.pollutants];
  const source = selectionSql(selection, bind, key);
  const { rows } = await pool.query<unknown[]>({
    // One row more than asked for tells whether there is a next page.
    text: `select ${columns.join(', ')} ${source} limit ${first + 1}`,
    values,
    rowMode: 'array',
  });
  return {
    measurements: rows.slice(0, first).map(measurementFromRow(selection.pollutants)),
    hasNextPage: rows.length > first,
    hasPreviousPage: key !== undefined,
    cursorOf: (measurement) => encodeCursor(selection.order, measurement),
  };
}

/** @throws GatewayError PAGE_SIZE when `first` is not in 1…`pageSizeMax`. */
export function requirePageSize(first: number, pageSizeMax: number): void {
  if (Number.isInteger(first) && first >= 1 && first <= pageSizeMax) return;
  throw new GatewayError('PAGE_SIZE', `A page has 1 to ${pageSizeMax} rows, not ${first}.`, {
    field: 'first',
    hint: 'Ask for less and follow pageInfo.endCursor, or download everything as CSV from /air_quality.',
  });
}
