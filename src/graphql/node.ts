import type { Measurement } from '../measurements/measurement.ts';
import { measurementSet } from '../measurements/measurement-set.ts';
import { selectMeasurements } from '../measurements/selection.ts';
import type { Station } from '../stations/stations.ts';
import type { GraphQLContext } from './context.ts';
import { parseNodeId } from './node-id.ts';

/** `Query.node`: the station or measurement with this id. */
export async function resolveNode(
  id: string,
  { loaders, database, limits }: GraphQLContext,
): Promise<Station | Measurement | null> {
  const key = parseNodeId(id);
  if (key === undefined) return null;
  if (key.kind === 'station') return loaders.station.load(key.stationId);
  const { stationId, timeInstant } = key;
  const where = { stationIds: [stationId], from: timeInstant, to: new Date(timeInstant.getTime() + 1) };
  const { measurements } = await measurementSet(selectMeasurements({ where }), database, limits).page({
    first: 1,
  });
  return measurements[0] ?? null;
}
