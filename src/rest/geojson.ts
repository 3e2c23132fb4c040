import type { Station } from '../stations/stations.ts';

/**
 * Stations as an RFC 7946 feature collection. A station of unknown position has a null geometry, as section 3.2 allows.
 * @param properties what each feature tells besides where it is
 */
export function stationFeatures(
  stations: readonly Station[],
  properties: (station: Station) => Record<string, unknown> | undefined,
) {
  const features = stations.flatMap((station) => {
    const told = properties(station);
    if (told === undefined) return [];
    const { id, latitude, longitude } = station;
    const geometry =
      latitude === null || longitude === null ? null : { type: 'Point', coordinates: [longitude, latitude] };
    return [{ type: 'Feature', id, geometry, properties: told }];
  });
  return { type: 'FeatureCollection', features };
}
