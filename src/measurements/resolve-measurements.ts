import type { Database } from '../database/database.ts';
import { requireStations } from '../stations/stations.ts';
import { type MeasurementSet, measurementSet } from './measurement-set.ts';
import { type MeasurementArguments, selectMeasurements } from './selection.ts';

/** What resolvers need from the process they run in. */
export interface ResolverContext {
  readonly database: Database;
  readonly limits: { readonly pageSizeMax: number };
}

/**
 * The one resolver of measurements: GraphQL's `Query.measurements` and REST's `/air_quality` are both this function
 * with the same arguments, and ask the set it gives for their own rendering.
 * @throws GatewayError as selectMeasurements; UNKNOWN_STATION for a well-formed id that no station has.
 */
export async function resolveMeasurements(
  args: MeasurementArguments,
  { database, limits }: ResolverContext,
): Promise<MeasurementSet> {
  const selection = selectMeasurements(args);
  if (selection.stationIds !== null) await requireStations(database.prisma, selection.stationIds);
  return measurementSet(selection, database, limits);
}
