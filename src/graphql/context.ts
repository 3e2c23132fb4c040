import DataLoader from 'dataloader';
import type { Database } from '../database/database.ts';
import type { ImportAccess } from '../imports/import-slots.ts';
import type { KeyHolder } from '../keys/api-keys.ts';
import { readLatest } from '../measurements/latest.ts';
import type { Measurement } from '../measurements/measurement.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import type { Station } from '../stations/stations.ts';

/** What GraphQL resolvers share within one request. */
export interface GraphQLContext extends ResolverContext {
  readonly importAccess: ImportAccess;
  /** Who asks, when they sent a valid API key. */
  readonly keyHolder: KeyHolder | undefined;
  /** Gather what the fields of one request ask one by one into one statement each. */
  readonly loaders: {
    readonly station: DataLoader<string, Station | null>;
    readonly latest: DataLoader<string, Measurement | null>;
  };
}

export function createGraphQLContext(
  resolverContext: ResolverContext,
  importAccess: ImportAccess,
  keyHolder: KeyHolder | undefined,
): GraphQLContext {
  const { database } = resolverContext;
  return {
    ...resolverContext,
    importAccess,
    keyHolder,
    loaders: {
      station: new DataLoader((ids) => loadStations(database, ids)),
      latest: new DataLoader((ids) => loadLatest(database, ids)),
    },
  };
}

async function loadStations({ prisma }: Database, ids: readonly string[]): Promise<(Station | null)[]> {
  const stations = await prisma.station.findMany({ where: { id: { in: [...ids] } } });
  const byId = new Map(stations.map((station) => [station.id, station]));
  return ids.map((id) => byId.get(id) ?? null);
}

async function loadLatest(database: Database, ids: readonly string[]): Promise<(Measurement | null)[]> {
  const latest = await readLatest(database, ids);
  const byStation = new Map(latest.map((measurement) => [measurement.stationId, measurement]));
  return ids.map((id) => byStation.get(id) ?? null);
}
