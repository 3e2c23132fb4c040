import type { PrismaClient } from '../database/prisma-client.ts';

/** Where stations stand; all conditions that are given must hold. A station of unknown position is in no box or circle. */
export interface Place {
  readonly city?: string | null | undefined;
  readonly bbox?: BoundingBox | null | undefined;
  readonly near?: Circle | null | undefined;
}

/** Degrees, WGS 84. `west` greater than `east` crosses the antimeridian, as in RFC 7946 section 5.2. */
export interface BoundingBox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface Circle {
  readonly latitude: number;
  readonly longitude: number;
  /** Metres. */
  readonly radius: number;
}

/** Ids of the stations at a place, sorted. */
export async function findStationsAt(prisma: PrismaClient, { city, bbox, near }: Place): Promise<string[]> {
  const stations = await prisma.station.findMany({
    where: {
      ...(city != null && { city }),
      ...(bbox != null && { latitude: { gte: bbox.south, lte: bbox.north } }),
      ...(near != null && { latitude: { not: null } }),
    },
    select: { id: true, latitude: true, longitude: true },
    orderBy: { id: 'asc' },
  });
  return stations
    .filter(({ latitude, longitude }) => {
      if (bbox == null && near == null) return true;
      if (latitude === null || longitude === null) return false;
      return (
        (bbox == null || isBetween(longitude, bbox)) &&
        (near == null || distance({ latitude, longitude }, near) <= near.radius)
      );
    })
    .map(({ id }) => id);
}

function isBetween(longitude: number, { west, east }: BoundingBox): boolean {
  return west <= east ? west <= longitude && longitude <= east : longitude >= west || longitude <= east;
}

/** Mean radius of the Earth in metres (IUGG). */
const earthRadius = 6_371_008.8;

/** Great-circle distance in metres by the haversine formula (Sinnott, Sky and Telescope 68, 1984). */
function distance(a: Omit<Circle, 'radius'>, b: Omit<Circle, 'radius'>): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const latitudes = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const longitudes = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const h = latitudes + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * longitudes;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)));
}
