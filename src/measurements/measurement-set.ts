import type { Readable } from 'node:stream';
import type { Database } from '../database/database.ts';
import { countMeasurements } from './count.ts';
import { type ExportArguments, exportMeasurements } from './export.ts';
import type { Measurement } from './measurement.ts';
import { type MeasurementPage, type PageArguments, readPage } from './page.ts';
import type { MeasurementSelection } from './selection.ts';
import { streamRows } from './stream-rows.ts';

/**
 * Which measurements, not the rows: lazy and immutable. Every interface resolves to one of these and asks it for
 * the rendering it needs; each rendering gives the same rows in the same order.
 */
export interface MeasurementSet {
  readonly selection: MeasurementSelection;
  page(args: PageArguments): Promise<MeasurementPage>;
  count(): Promise<number>;
  rows(): AsyncIterable<readonly Measurement[]>;
  export(args: ExportArguments): Promise<Readable>;
}

export function measurementSet(
  selection: MeasurementSelection,
  { pool }: Pick<Database, 'pool'>,
  { pageSizeMax }: { readonly pageSizeMax: number },
): MeasurementSet {
  return {
    selection,
    page: (args) => readPage(pool, selection, args, pageSizeMax),
    count: () => countMeasurements(pool, selection),
    rows: () => streamRows(pool, selection),
    export: (args) => exportMeasurements(pool, selection, args),
  };
}
