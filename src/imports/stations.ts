import type pg from 'pg';
import { GatewayError } from '../errors.ts';
import type { Layout } from './layout.ts';
import { stationIdOf } from './row-sql.ts';

/** What a source may know of a station besides its id. */
export interface StationDetails {
  readonly id: string;
  readonly name?: string | null;
  /** WGS 84, degrees. */
  readonly latitude?: number | null;
  readonly longitude?: number | null;
  readonly city?: string | null;
  /** IANA time zone. */
  readonly timezone?: string;
}

/**
 * Creates the stations of `ids` that are not there yet, with their details where known and the id as name elsewhere.
 * Stations that are there stay as they are: an operator may have corrected them.
 */
export async function ensureStations(
  client: pg.ClientBase,
  ids: readonly string[],
  details: readonly StationDetails[],
): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM unnest($1::text[]) AS wanted(id) WHERE NOT EXISTS (SELECT FROM station WHERE station.id = wanted.id)',
    [ids],
  );
  if (rows.length === 0) return;
  const known = new Map(details.map((station) => [station.id, station]));
  const missing = rows.map(({ id }) => {
    const station = known.get(id);
    return { ...station, id, name: station?.name ?? id, timezone: station?.timezone ?? 'UTC' };
  });
  await client.query(
    `INSERT INTO station (id, name, latitude, longitude, city, timezone)
     SELECT id, name, latitude, longitude, city, timezone
     FROM json_to_recordset($1) AS new(id text, name text, latitude float8, longitude float8, city text, timezone text)
     ORDER BY id
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(missing)],
  );
}

/**
 * Reads what the staged rows say of their stations.
 * @throws GatewayError INVALID_SOURCE when ids are made from names and two stations would get the same one.
 */
export async function readStationDetails(client: pg.ClientBase, layout: Layout): Promise<StationDetails[]> {
  const { name, city, latitude, longitude } = layout.details;
  if ([name, city, latitude, longitude].every((column) => column === undefined)) return [];
  const text = (column: number | undefined) =>
    column === undefined ? 'NULL::text' : `nullif(btrim(c${column}), '')`;
  const degrees = (column: number | undefined, limit: number) =>
    column === undefined
      ? 'NULL::double precision'
      : `CASE WHEN pg_input_is_valid(${text(column)}, 'double precision')
              AND ${text(column)}::double precision BETWEEN -${limit} AND ${limit} THEN ${text(column)}::double precision END`;
  const station = `c${layout.station}`;
  const { rows } = await client.query<StationDetails & { named: string[] }>(`
    SELECT ${layout.stationByName ? stationIdOf(station) : `btrim(${station})`} AS id,
           min(${text(name)}) AS name, min(${text(city)}) AS city,
           min(${degrees(latitude, 90)}) AS latitude, min(${degrees(longitude, 180)}) AS longitude,
           array_agg(DISTINCT concat_ws(', ', ${text(name)}, ${text(city)})) AS named
    FROM import_staged GROUP BY 1`);
  const unclear = layout.stationByName ? rows.find(({ named }) => named.length > 1) : undefined;
  if (unclear !== undefined) {
    throw new GatewayError(
      'INVALID_SOURCE',
      `The stations ${unclear.named.map((text) => JSON.stringify(text)).join(' and ')} would both be "${unclear.id}".`,
      { hint: 'Add a column with station ids, or map one with --map COLUMN=station.' },
    );
  }
  return rows;
}
