import { clearCaches } from '../cache/clear-caches.ts';
import { readDatasetVersion } from '../database/dataset-version.ts';
import type { AirQualityIndex } from '../measurements/air-quality-index/air-quality-index.ts';
import { airQualityIndexes, findAirQualityIndex } from '../measurements/air-quality-index/indexes.ts';
import { readAirQualityIndex } from '../measurements/air-quality-index/read-index.ts';
import { unitOf } from '../measurements/concentration.ts';
import { readExceedances } from '../measurements/exceedances.ts';
import { readLatest } from '../measurements/latest.ts';
import { findLimitValue, limitValues } from '../measurements/limit-values.ts';
import { measurementSet } from '../measurements/measurement-set.ts';
import { measurementsUrl } from '../measurements/measurements-url.ts';
import { pollutantCodes, pollutants } from '../measurements/pollutants.ts';
import { resolveMeasurements } from '../measurements/resolve-measurements.ts';
import { selectMeasurements } from '../measurements/selection.ts';
import { assertScope } from '../rest/authorization.ts';
import { requireStations, unknownStation } from '../stations/stations.ts';
import { upsertStation } from '../stations/upsert-station.ts';
import type { GraphQLContext } from './context.ts';
import { resolveImportMeasurements } from './import-measurements.ts';
import { resolveImports } from './imports.ts';
import { measurementFilter } from './measurement-filter.ts';
import { resolveNode } from './node.ts';
import { measurementNodeId } from './node-id.ts';
import { scalars } from './scalars.ts';
import type { AirQualityIndexName, Resolvers } from './schema.types.ts';
import { resolveStations } from './station-connection.ts';
import { resolveStatistics } from './statistics.ts';
import { subscribeToDataset, subscribeToMeasurements } from './subscriptions.ts';

export const resolvers: Resolvers = {
  ...scalars,

  PollutantCode: Object.fromEntries(pollutantCodes.map((code) => [code.toUpperCase(), code])),
  LimitAveraging: { HOUR: 'hour', DAILY_MAXIMUM_8H: 'dailyMaximum8h', DAY: 'day', YEAR: 'year' },

  Query: {
    measurements: (_, { where, orderBy }, context) =>
      resolveMeasurements({ where: measurementFilter(where), orderBy }, context),
    latest: (_, { stationIds }, { database }) => readLatest(database, stationIds ?? null),
    stations: (_, args, { database, limits }) => resolveStations(args, database.prisma, limits),
    station: (_, { id }, { loaders }) => loaders.station.load(id),
    node: (_, { id }, context) => resolveNode(id, context),
    pollutants: () => pollutants,
    airQualityIndex: async (_, { index, stationIds, at }, { database }) => {
      if (stationIds != null) await requireStations(database.prisma, stationIds);
      const definition = findAirQualityIndex(indexId(index));
      return readAirQualityIndex(database.pool, definition, {
        stationIds: stationIds ?? null,
        at: at ?? null,
      });
    },
    airQualityIndexes: () => airQualityIndexes,
    exceedances: async (_, { limitValue, stationIds, from, to }, context) => {
      const value = findLimitValue(limitValue);
      const { selection } = await resolveMeasurements({ where: { stationIds, from, to } }, context);
      return readExceedances(context.database.pool, selection, value);
    },
    limitValues: () => limitValues,
    imports: (_, args, { database, limits, answer }) => {
      // The ledger also grows by imports that change no measurement, and so not the dataset version.
      answer.cacheable = false;
      return resolveImports(args, database.prisma, limits);
    },
    dataset: (_, __, { database }) => readDatasetVersion(database.prisma),
  },

  Mutation: {
    importMeasurements: (_, args, context) => resolveImportMeasurements(args, context),
    upsertStation: (_, { station }, { database, keyHolder }) => {
      assertScope(keyHolder, 'write');
      const { id, name, latitude, longitude, city, timezone } = station;
      const change = {
        id,
        name: name ?? undefined,
        latitude,
        longitude,
        city,
        timezone: timezone ?? undefined,
      };
      return upsertStation(database.prisma, change, keyHolder.prefix);
    },
    clearCache: (_, { prefix }, { database, caches, keyHolder }) => {
      assertScope(keyHolder, 'admin');
      return clearCaches(caches, database, prefix, keyHolder.prefix);
    },
  },

  Subscription: {
    measurementAdded: { subscribe: (_, args, context) => subscribeToMeasurements(args, context) },
    datasetChanged: { subscribe: (_, __, context) => subscribeToDataset(context) },
  },

  Node: {
    __resolveType: (node) => ('timeInstant' in node ? 'Measurement' : 'Station'),
  },

  MeasurementSet: {
    page: (set, args, { loaders }) => loaders.page.load({ set, args }),
    count: (set, _, { loaders }) => loaders.count.load({ set, args: null }),
    statistics: (set, args, context, info) => resolveStatistics(set, args, context, info),
    csvUrl: ({ selection }) => measurementsUrl(selection),
  },

  MeasurementConnection: {
    edges: (page) => page.measurements.map((node) => ({ cursor: page.cursorOf(node), node })),
    nodes: (page) => page.measurements,
    pageInfo: ({ measurements, hasNextPage, hasPreviousPage, cursorOf }) => ({
      hasNextPage,
      hasPreviousPage,
      ...endCursors(measurements, cursorOf),
    }),
  },

  Measurement: {
    id: measurementNodeId,
    station: (row, _, context) => stationOf(row, context),
  },

  PeriodStatisticsConnection: {
    edges: (page) =>
      page.rows.map((row) => ({ cursor: page.cursorOf(row), node: { ...row, units: page.request.units } })),
    nodes: (page) => page.rows.map((row) => ({ ...row, units: page.request.units })),
    pageInfo: ({ rows, hasNextPage, hasPreviousPage, cursorOf }) => ({
      hasNextPage,
      hasPreviousPage,
      ...endCursors(rows, cursorOf),
    }),
  },

  PeriodStatistics: {
    unit: ({ pollutant, units }) => unitOf(pollutant, units),
    station: (row, _, context) => stationOf(row, context),
  },

  Station: {
    latest: ({ id }, _, { loaders }) => loaders.latest.load(id),
    airQualityIndex: ({ id }, { index, at }, { loaders }) =>
      loaders.airQualityIndex.load({ index: indexId(index), stationId: id, at: at ?? null }),
    // The station is known to exist: asking once more would be a statement a station.
    measurements: ({ id }, { from, to, orderBy, pollutants }, { database, limits }) =>
      measurementSet(
        selectMeasurements({ where: { stationIds: [id], from, to, pollutants }, orderBy }),
        database,
        limits,
      ),
  },

  AirQualityIndex: {
    index: ({ id }) => indexName(id),
  },

  AirQualityIndexBand: {
    to: ({ to }) => (to === Number.MAX_VALUE ? null : to),
    lowerIndex: ({ index }) => index[0],
    upperIndex: ({ index }) => index[1],
  },

  AirQualityCategory: {
    upTo: ({ upTo }) => (upTo === Number.MAX_VALUE ? null : upTo),
  },

  StationAirQuality: {
    index: ({ index }) => indexName(index.id),
    station: (row, _, context) => stationOf(row, context),
  },

  StationAirQualityComponent: {
    pollutant: ({ component }) => component.pollutant,
    averagingHours: ({ component }) => component.averagingHours,
    unit: ({ component }) => component.unit,
  },

  Exceedances: {
    station: (row, _, context) => stationOf(row, context),
  },

  Dataset: {
    version: ({ version }) => String(version),
  },
};

function endCursors<Row>(rows: readonly Row[], cursorOf: (row: Row) => string) {
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    startCursor: first === undefined ? null : cursorOf(first),
    endCursor: last === undefined ? null : cursorOf(last),
  };
}

/** The station of a row that names it. One removed meanwhile is an error of its own rows only. */
async function stationOf(
  { stationId }: { readonly stationId: string },
  { database, loaders }: GraphQLContext,
) {
  const station = await loaders.station.load(stationId);
  if (station === null) throw await unknownStation(database.prisma, stationId);
  return station;
}

function indexId(name: AirQualityIndexName): AirQualityIndex['id'] {
  return name.toLowerCase().replaceAll('_', '-') as AirQualityIndex['id'];
}

function indexName(id: AirQualityIndex['id']): AirQualityIndexName {
  return id.toUpperCase().replaceAll('-', '_') as AirQualityIndexName;
}
