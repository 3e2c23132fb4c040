import { GraphQLDateTimeISO } from 'graphql-scalars';
import { readDatasetVersion } from '../database/dataset-version.ts';
import { GatewayError } from '../errors.ts';
import { readLatest } from '../measurements/latest.ts';
import { measurementsUrl } from '../measurements/measurements-url.ts';
import { pollutantCodes, pollutants } from '../measurements/pollutants.ts';
import { resolveMeasurements } from '../measurements/resolve-measurements.ts';
import { findStation } from '../stations/stations.ts';
import { resolveImportMeasurements } from './import-measurements.ts';
import { resolveImports } from './imports.ts';
import type { Resolvers } from './schema.types.ts';
import { resolveStations } from './station-connection.ts';

export const resolvers: Resolvers = {
  DateTime: GraphQLDateTimeISO,

  PollutantCode: Object.fromEntries(pollutantCodes.map((code) => [code.toUpperCase(), code])),

  Query: {
    measurements: (_, args, context) => resolveMeasurements(args, context),
    latest: (_, { stationIds }, { database }) => readLatest(database, stationIds ?? null),
    stations: (_, args, { database, limits }) => resolveStations(args, database.prisma, limits),
    station: (_, { id }, { database }) => findStation(database.prisma, id),
    pollutants: () => pollutants,
    imports: (_, args, { database, limits }) => resolveImports(args, database.prisma, limits),
    dataset: (_, __, { database }) => readDatasetVersion(database.prisma),
  },

  Mutation: {
    importMeasurements: (_, args, context) => resolveImportMeasurements(args, context),
  },

  MeasurementSet: {
    page: (set, args) => set.page(args),
    count: (set) => set.count(),
    csvUrl: ({ selection }) => measurementsUrl(selection),
  },

  MeasurementConnection: {
    edges: (page) => page.measurements.map((node) => ({ cursor: page.cursorOf(node), node })),
    nodes: (page) => page.measurements,
    pageInfo: ({ measurements, hasNextPage, hasPreviousPage, cursorOf }) => {
      const first = measurements[0];
      const last = measurements.at(-1);
      return {
        hasNextPage,
        hasPreviousPage,
        startCursor: first === undefined ? null : cursorOf(first),
        endCursor: last === undefined ? null : cursorOf(last),
      };
    },
  },

  Measurement: {
    station: async ({ stationId }, _, { loaders }) => {
      const station = await loaders.station.load(stationId);
      if (station === null) throw new GatewayError('UNKNOWN_STATION', `There is no station ${stationId}.`);
      return station;
    },
  },

  Station: {
    latest: ({ id }, _, { loaders }) => loaders.latest.load(id),
    measurements: ({ id }, { from, to, orderBy }, context) =>
      resolveMeasurements({ where: { stationIds: [id], from, to }, orderBy }, context),
  },

  Dataset: {
    version: ({ version }) => String(version),
  },
};
