import type { Database } from '../database/database.ts';
import { countMeasurements } from './count.ts';
import {
  type ExportArguments,
  type ExportLimits,
  exportMeasurements,
  isPage,
  type MeasurementExport,
} from './export.ts';
import { type MeasurementPage, type PageArguments, readPage } from './page.ts';
import type { PollutantCode } from './pollutants.ts';
import type { MeasurementSelection } from './selection.ts';
import type { StatisticsRequest } from './statistics.ts';
import { readStatisticsPage, type StatisticsPage, type StatisticsPageArguments } from './statistics-page.ts';

/**
 * Which measurements, not the rows: lazy and immutable. Every interface resolves to one of these and asks it for
 * the rendering it needs; each rendering gives the same rows in the same order.
 */
export interface MeasurementSet {
  readonly selection: MeasurementSelection;
  page(args: PageArguments): Promise<MeasurementPage>;
  count(): Promise<number>;
  /** The same measurements with other value columns. */
  withPollutants(pollutants: readonly PollutantCode[]): MeasurementSet;
  /** Averages over periods. */
  statistics(request: StatisticsRequest, args: StatisticsPageArguments): Promise<StatisticsPage>;
  export(args: ExportArguments): Promise<MeasurementExport>;
}

export function measurementSet(
  selection: MeasurementSelection,
  database: Pick<Database, 'pool' | 'exportPool'>,
  limits: ExportLimits,
): MeasurementSet {
  const { pool } = database;
  return {
    selection,
    page: (args) => readPage(pool, selection, args, limits.pageSizeMax),
    count: () => countMeasurements(pool, selection),
    withPollutants: (pollutants) => measurementSet({ ...selection, pollutants }, database, limits),
    statistics: (request, args) => readStatisticsPage(pool, selection, request, args, limits.pageSizeMax),
    export: async (args) => {
      const reader = isPage(args.limit, limits) ? pool : await database.exportPool();
      return exportMeasurements(reader, selection, args, limits);
    },
  };
}
