import type pg from 'pg';
import { GatewayError } from '../errors.ts';
import { defaultPageSize, requirePageSize } from './page.ts';
import { pollutantCodes } from './pollutants.ts';
import type { MeasurementOrder, MeasurementSelection } from './selection.ts';
import { type PeriodStatistics, readStatistics, type StatisticsRequest } from './statistics.ts';
import type { StatisticsKey } from './statistics-sql.ts';

export interface StatisticsPageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** Statistics in the order of their selection, each with the cursor to go on behind it. */
export interface StatisticsPage {
  readonly request: StatisticsRequest;
  readonly rows: readonly PeriodStatistics[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  cursorOf(row: PeriodStatistics): string;
}

/** @throws GatewayError PAGE_SIZE; INVALID_CURSOR. */
export async function readStatisticsPage(
  pool: pg.Pool,
  selection: MeasurementSelection,
  request: StatisticsRequest,
  args: StatisticsPageArguments,
  pageSizeMax: number,
): Promise<StatisticsPage> {
  const size = statisticsPageSize(args, pageSizeMax);
  const after = statisticsKeyOf(selection.order, args);
  const rows = await readStatistics(pool, selection, request, { limit: size + 1, after });
  return statisticsPageOf(selection, request, rows, size, after !== undefined);
}

/** A page for each of many stations, in one statement; `selection` without its stations. */
export async function readStatisticsPageByStation(
  pool: pg.Pool,
  selection: MeasurementSelection,
  stationIds: readonly string[],
  request: StatisticsRequest,
  args: StatisticsPageArguments,
  pageSizeMax: number,
): Promise<readonly StatisticsPage[]> {
  const size = statisticsPageSize(args, pageSizeMax);
  const after = statisticsKeyOf(selection.order, args);
  const rows = await readStatistics(pool, { ...selection, stationIds: [...new Set(stationIds)] }, request, {
    limit: size + 1,
    limitPerStation: true,
    after,
  });
  const byStation = Map.groupBy(rows, ({ stationId }) => stationId);
  return stationIds.map((id) =>
    statisticsPageOf(selection, request, byStation.get(id) ?? [], size, after !== undefined),
  );
}

function statisticsPageSize({ first }: StatisticsPageArguments, pageSizeMax: number): number {
  const size = first ?? defaultPageSize;
  requirePageSize(size, pageSizeMax);
  return size;
}

function statisticsPageOf(
  { order }: MeasurementSelection,
  request: StatisticsRequest,
  rows: readonly PeriodStatistics[],
  size: number,
  hasPreviousPage: boolean,
): StatisticsPage {
  return {
    request,
    rows: rows.slice(0, size),
    hasNextPage: rows.length > size,
    hasPreviousPage,
    cursorOf: ({ periodStart, stationId, pollutant }) =>
      Buffer.from(`STATISTICS~${order}~${Date.parse(periodStart)}~${stationId}~${pollutant}`).toString(
        'base64url',
      ),
  };
}

function statisticsKeyOf(
  order: MeasurementOrder,
  { after }: StatisticsPageArguments,
): StatisticsKey | undefined {
  if (after == null) return undefined;
  const parts = /^STATISTICS~([A-Z_]+)~(-?\d{1,15})~([\w.:-]{1,64})~(\w+)$/.exec(
    Buffer.from(after, 'base64url').toString(),
  );
  const pollutant = pollutantCodes.find((code) => code === parts?.[4]);
  if (parts === null || pollutant === undefined || parts[1] !== order) {
    throw new GatewayError('INVALID_CURSOR', 'The cursor is broken or belongs to another list or order.', {
      field: 'after',
      hint: 'Pass a cursor exactly as an earlier answer gave it.',
    });
  }
  return { periodStart: new Date(Number(parts[2])).toISOString(), stationId: parts[3] as string, pollutant };
}
