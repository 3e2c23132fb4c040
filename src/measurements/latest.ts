import type pg from 'pg';
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
  return readLatestOf(pool, stationIds);
}

/** The same for stations that are known to exist; others are left out. */
export async function readLatestOf(
  pool: pg.Pool,
  stationIds: readonly string[] | null,
): Promise<readonly Measurement[]> {
  const { rows } = await pool.query<unknown[]>({
    // Prepared once a connection: planning it anew for every month there is takes ten times as long as running it. Two
    // statements, since PostgreSQL would keep planning one whose parameter decides what there is to do.
    name: stationIds === null ? 'latest-of-all-stations' : 'latest-of-stations',
    text: `select latest.* from station
      cross join lateral (
        select ${timeInstantText}, id_entity, ${pollutantCodes.join(', ')}
        from environment_airq_measurand where id_entity = station.id order by "TimeInstant" desc limit 1
      ) latest
      ${stationIds === null ? '' : 'where station.id = any($1)'}
      order by station.id`,
    values: stationIds === null ? [] : [stationIds],
    rowMode: 'array',
  });
  return rows.map(measurementFromRow(pollutantCodes));
}
