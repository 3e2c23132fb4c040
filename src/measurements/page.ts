import type pg from 'pg';
import { createStatementNames } from '../database/statement-names.ts';
import { GatewayError } from '../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Measurement, measurementFromRow } from './measurement.ts';
import type { MeasurementOrder, MeasurementSelection } from './selection.ts';
import { bindParameters, selectionSql, timeInstantText } from './selection-sql.ts';

const named = createStatementNames();

/** Rows of a page when nobody says how many. */
export const defaultPageSize = 100;

export interface PageArguments {
  /** Rows wanted at most, from the beginning or from behind `after`. */
  readonly first?: number | null | undefined;
  /** Cursor of the row before the page. */
  readonly after?: string | null | undefined;
  /** Rows wanted at most, from the end or from before `before`; instead of `first`. */
  readonly last?: number | null | undefined;
  /** Cursor of the row after the page. */
  readonly before?: string | null | undefined;
}

/** Rows in the order of their selection, each with the cursor to go on behind it. */
export interface MeasurementPage {
  readonly measurements: readonly Measurement[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  cursorOf(measurement: Measurement): string;
}

/** One direction through a selection: where it starts and how many rows it takes. */
export interface PageWindow {
  readonly backward: boolean;
  readonly size: number;
  /** Cursor of the row behind which it starts, in its direction. */
  readonly cursor: string | undefined;
}

const reversed: Record<MeasurementOrder, MeasurementOrder> = {
  TIME: 'TIME_DESC',
  TIME_DESC: 'TIME',
  STATION: 'STATION_DESC',
  STATION_DESC: 'STATION',
};

/**
 * Reads one keyset page: its cost does not depend on how far into the selection it lies.
 * @throws GatewayError PAGE_SIZE when `first` or `last` is not in 1…`pageSizeMax`; INVALID_PAGE when they contradict each
 *   other; INVALID_CURSOR.
 */
export async function readPage(
  pool: pg.Pool,
  selection: MeasurementSelection,
  args: PageArguments,
  pageSizeMax: number,
): Promise<MeasurementPage> {
  const window = pageWindow(args, pageSizeMax);
  const { bind, values } = bindParameters();
  const columns = [timeInstantText, 'id_entity', ...selection.pollutants];
  const key = window.cursor === undefined ? undefined : decodeCursor(selection.order, window.cursor);
  const source = selectionSql(inDirection(selection, window), bind, key);
  const { rows } = await pool.query<unknown[]>({
    // One row more than asked for tells whether there is a next page.
    ...named(`select ${columns.join(', ')} ${source} limit ${window.size + 1}`),
    values,
    rowMode: 'array',
  });
  return pageOf(selection, window, rows);
}

/** The selection in the order in which a window goes through it. */
export function inDirection(selection: MeasurementSelection, { backward }: PageWindow): MeasurementSelection {
  return backward ? { ...selection, order: reversed[selection.order] } : selection;
}

/** Makes a page of rows `[time instant, station, value…]` that were read in the direction of the window, one more than its size if there is one. */
export function pageOf(
  selection: MeasurementSelection,
  { backward, size, cursor }: PageWindow,
  rows: readonly (readonly unknown[])[],
): MeasurementPage {
  const more = rows.length > size;
  const measurements = rows.slice(0, size).map(measurementFromRow(selection.pollutants));
  if (backward) measurements.reverse();
  return {
    measurements,
    hasNextPage: backward ? cursor !== undefined : more,
    hasPreviousPage: backward ? more : cursor !== undefined,
    cursorOf: (measurement) => encodeCursor(selection.order, measurement),
  };
}

/** @throws GatewayError PAGE_SIZE; INVALID_PAGE when the arguments contradict each other. */
export function pageWindow({ first, after, last, before }: PageArguments, pageSizeMax: number): PageWindow {
  if (first != null && last != null) {
    throw new GatewayError('INVALID_PAGE', 'A page has either `first` or `last`, not both.', {
      field: 'last',
      hint: '`first` counts from the beginning, `last` from the end.',
    });
  }
  if (after != null && before != null) {
    throw new GatewayError('INVALID_PAGE', 'A page has either `after` or `before`, not both.', {
      field: 'before',
      hint: '`after` goes with `first`, `before` with `last`.',
    });
  }
  const backward = last != null;
  if (backward ? after != null : before != null) {
    throw new GatewayError('INVALID_PAGE', '`after` goes with `first`, `before` with `last`.', {
      field: backward ? 'after' : 'before',
    });
  }
  const size = (backward ? last : first) ?? defaultPageSize;
  requirePageSize(size, pageSizeMax, backward ? 'last' : 'first');
  return { backward, size, cursor: (backward ? before : after) ?? undefined };
}

/** @throws GatewayError PAGE_SIZE when `size` is not in 1…`pageSizeMax`. */
export function requirePageSize(size: number, pageSizeMax: number, field: 'first' | 'last' = 'first'): void {
  if (Number.isInteger(size) && size >= 1 && size <= pageSizeMax) return;
  throw new GatewayError('PAGE_SIZE', `A page has 1 to ${pageSizeMax} rows, not ${size}.`, {
    field,
    hint: 'Ask for less and follow pageInfo.endCursor, or download everything as CSV from /air_quality.',
  });
}
