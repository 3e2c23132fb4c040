import type pg from 'pg';

/** What a source may know of a station besides its id. */
export interface StationDetails {
  readonly id: string;
  readonly name: string;
  /** WGS 84, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
  /** IANA time zone. */
  readonly timezone: string;
}

/**
 * Creates the stations of `ids` that are not there yet, with their details where known and the id as name elsewhere. Stations
 * that are there stay as they are: an operator may have corrected them.
 */
export async function ensureStations(
  client: pg.Client,
  ids: readonly string[],
  details: readonly StationDetails[],
): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM unnest($1::text[]) AS wanted(id) WHERE NOT EXISTS (SELECT FROM station WHERE station.id = wanted.id)',
    [ids],
  );
  if (rows.length === 0) return;
  const known = new Map(details.map((station) => [station.id, station]));
  const missing = rows.map(({ id }) => ({ id, name: id, timezone: 'UTC', ...known.get(id) }));
  await client.query(
    `INSERT INTO station (id, name, latitude, longitude, city, timezone)
     SELECT id, name, latitude, longitude, city, timezone
     FROM json_to_recordset($1) AS new(id text, name text, latitude float8, longitude float8, city text, timezone text)
     ORDER BY id
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(missing)],
  );
}
