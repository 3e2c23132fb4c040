import type { Database } from '../database/database.ts';
import { requireStations } from '../stations/stations.ts';
import { type Measurement, measurementFromRow } from './measurement.ts';
import { pollutantCodes } from './pollutants.ts';
import { timeInstantText } from './selection-sql.ts';

/**
 * The newest measurement of each station, in the order of station ids; stations without any are left out.
 * One index look-up a station, in one statement.
 * @throws GatewayError UNKNOWN_STATION.
 */
export async function readLatest(
  { pool, prisma }: Pick<Database, 'pool' | 'prisma'>,
  stationIds: readonly string[] | null,
): Promise<readonly Measurement[]> {
  if (stationIds !== null) await requireStations(prisma, stationIds);
  const { rows } = await pool.query<unknown[]>({
    text: `select latest.* from station
      cross join lateral (
        select ${timeInstantText}, id_entity, ${pollutantCodes.join(', ')}
        from environment_airq_measurand where id_entity = station.id order by "TimeInstant" desc limit 1
      ) latest
      where $1::text[] is null or station.id = any($1)
      order by station.id`,
    values: [stationIds],
    rowMode: 'array',
  });
  return rows.map(measurementFromRow(pollutantCodes));
}
