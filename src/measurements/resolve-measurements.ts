import type { Database } from '../database/database.ts';
import { findStationsAt, type Place } from '../stations/place.ts';
import { requireStations } from '../stations/stations.ts';
import type { ExportLimits } from './export.ts';
import { type MeasurementSet, measurementSet } from './measurement-set.ts';
import { type MeasurementArguments, type MeasurementSelection, selectMeasurements } from './selection.ts';

/** What resolvers need from the process they run in. */
export interface ResolverContext {
  readonly database: Database;
  readonly limits: ExportLimits;
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
  const asked = selectMeasurements(args);
  if (asked.stationIds !== null) await requireStations(database.prisma, asked.stationIds);
  const place = args.where?.place;
  const selection =
    place == null ? asked : { ...asked, stationIds: await stationsAt(place, asked, database) };
  return measurementSet(selection, database, limits);
}

async function stationsAt(
  place: Place,
  { stationIds }: MeasurementSelection,
  { prisma }: Database,
): Promise<readonly string[]> {
  const there = await findStationsAt(prisma, place);
  return stationIds === null ? there : there.filter((id) => stationIds.includes(id));
}
