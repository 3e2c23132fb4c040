import DataLoader from 'dataloader';
import type { AirQualityIndex } from '../measurements/air-quality-index/air-quality-index.ts';
import { findAirQualityIndex } from '../measurements/air-quality-index/indexes.ts';
import { readAirQualityIndex, type StationIndex } from '../measurements/air-quality-index/read-index.ts';
import { readLatestOf } from '../measurements/latest.ts';
import type { Measurement } from '../measurements/measurement.ts';
import type { MeasurementSet } from '../measurements/measurement-set.ts';
import type { MeasurementPage, PageArguments } from '../measurements/page.ts';
import { countByStation, readPageByStation } from '../measurements/read-by-station.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import type { StatisticsRequest } from '../measurements/statistics.ts';
import {
  readStatisticsPageByStation,
  type StatisticsPage,
  type StatisticsPageArguments,
} from '../measurements/statistics-page.ts';
import { readStationsOf, type Station } from '../stations/stations.ts';

interface StatisticsAsked extends StatisticsPageArguments {
  readonly request: StatisticsRequest;
}

/** What is asked of a set of measurements. */
interface Asked<Args> {
  readonly set: MeasurementSet;
  readonly args: Args;
}

interface IndexAsked {
  readonly index: AirQualityIndex['id'];
  readonly stationId: string;
  readonly at: Date | null;
}

/**
 * Gather what the fields of one request ask one by one into one statement each: a constant number of them, however many
 * stations an answer has. They live as long as the request.
 */
export interface Loaders {
  readonly station: DataLoader<string, Station | null>;
  readonly latest: DataLoader<string, Measurement | null>;
  readonly airQualityIndex: DataLoader<IndexAsked, StationIndex | null>;
  readonly page: DataLoader<Asked<PageArguments>, MeasurementPage>;
  readonly count: DataLoader<Asked<null>, number>;
  readonly statistics: DataLoader<Asked<StatisticsAsked>, StatisticsPage>;
}

export function createLoaders({ database, limits }: ResolverContext): Loaders {
  const { pool } = database;
  const { pageSizeMax } = limits;
  return {
    station: new DataLoader(async (ids) => {
      const stations = new Map((await readStationsOf(pool, ids)).map((station) => [station.id, station]));
      return ids.map((id) => stations.get(id) ?? null);
    }),
    latest: new DataLoader(async (ids) => {
      const latest = new Map((await readLatestOf(pool, ids)).map((row) => [row.stationId, row]));
      return ids.map((id) => latest.get(id) ?? null);
    }),
    airQualityIndex: new DataLoader(
      (asked) =>
        inGroups(
          asked,
          ({ index, at }) => `${index} ${at?.getTime()}`,
          async (group) => {
            const [{ index, at }] = group;
            const stationIds = group.map(({ stationId }) => stationId);
            const found = await readAirQualityIndex(pool, findAirQualityIndex(index), { stationIds, at });
            const byStation = new Map(found.map((row) => [row.stationId, row]));
            return stationIds.map((id) => byStation.get(id) ?? null);
          },
        ),
      { cacheKeyFn: (key) => JSON.stringify(key) as never },
    ),
    page: setLoader(
      ({ set, args }) => set.page(args),
      (selection, ids, args) => readPageByStation(pool, selection, ids, args, pageSizeMax),
    ),
    count: setLoader(
      ({ set }) => set.count(),
      (selection, ids) => countByStation(pool, selection, ids),
    ),
    statistics: setLoader(
      ({ set, args }) => set.statistics(args.request, args),
      (selection, ids, args) =>
        readStatisticsPageByStation(pool, selection, ids, args.request, args, pageSizeMax),
    ),
  };
}

/** Loads from sets; those that differ in nothing but their one station are read together. */
function setLoader<Args, Result>(
  alone: (asked: Asked<Args>) => Promise<Result>,
  together: (
    selection: MeasurementSet['selection'],
    stationIds: readonly string[],
    args: Args,
  ) => Promise<readonly Result[]>,
): DataLoader<Asked<Args>, Result> {
  return new DataLoader<Asked<Args>, Result>(
    (asked) =>
      inGroups(asked, groupOf, async (group) => {
        const [first] = group;
        if (group.length === 1) return [await alone(first)];
        const stationIds = group.map(({ set }) => set.selection.stationIds?.[0] as string);
        return together(first.set.selection, stationIds, first.args);
      }),
    { cache: false },
  );
}

let distinct = 0;

function groupOf({ set: { selection }, args }: Asked<unknown>): string {
  if (selection.stationIds?.length !== 1) return `alone ${distinct++}`;
  return JSON.stringify([{ ...selection, stationIds: null }, args]);
}

/** Runs `load` for each group of equal keys and gives its results in the order of `all`; a failing group fails alone. */
async function inGroups<Key, Result>(
  all: readonly Key[],
  keyOf: (key: Key) => string,
  load: (group: readonly [Key, ...Key[]]) => Promise<readonly Result[]>,
): Promise<(Result | Error)[]> {
  const places = Map.groupBy(all.keys(), (place) => keyOf(all[place] as Key));
  const results = new Array<Result | Error>(all.length);
  await Promise.all(
    [...places.values()].map(async (group) => {
      const keys = group.map((place) => all[place] as Key) as [Key, ...Key[]];
      try {
        const loaded = await load(keys);
        group.forEach((place, index) => {
          results[place] = loaded[index] as Result;
        });
      } catch (error) {
        for (const place of group) results[place] = error as Error;
      }
    }),
  );
  return results;
}
