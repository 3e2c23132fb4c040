import type pg from 'pg';
import type { PrismaClient } from '../database/prisma-client.ts';
import { GatewayError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';

/** A fixed place where pollutants are measured. */
export interface Station {
  readonly id: string;
  readonly name: string;
  /** WGS 84, degrees; null = unknown. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly city: string | null;
  /** IANA time zone. */
  readonly timezone: string;
}

export interface StationFilter {
  readonly ids?: readonly string[] | null | undefined;
  readonly city?: string | null | undefined;
}

const stationFields = {
  id: true,
  name: true,
  latitude: true,
  longitude: true,
  city: true,
  timezone: true,
} as const;

/** Stations in the order of their ids, at most `take` of them behind the id `after`. */
export function listStations(
  prisma: PrismaClient,
  { ids, city }: StationFilter = {},
  { after, take }: { readonly after?: string | undefined; readonly take?: number | undefined } = {},
): Promise<Station[]> {
  return prisma.station.findMany({
    where: {
      ...(city != null && { city }),
      id: { ...(ids != null && { in: [...ids] }), ...(after !== undefined && { gt: after }) },
    },
    orderBy: { id: 'asc' },
    ...(take !== undefined && { take }),
    select: stationFields,
  });
}

/** The stations of these ids that exist, in no order. Prepared, which Prisma's queries are not: GraphQL asks this very often. */
export async function readStationsOf(pool: pg.Pool, ids: readonly string[]): Promise<Station[]> {
  const { rows } = await pool.query<Station>({
    name: 'stations-by-id',
    text: `select ${Object.keys(stationFields).join(', ')} from station where id = any($1)`,
    values: [ids],
  });
  return rows;
}

export function findStation(prisma: PrismaClient, id: string): Promise<Station | null> {
  return prisma.station.findUnique({ where: { id }, select: stationFields });
}

/** @throws GatewayError UNKNOWN_STATION naming the first id that no station has, and the nearest one there is. */
export async function requireStations(prisma: PrismaClient, ids: readonly string[]): Promise<void> {
  const found = await prisma.station.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
  const known = new Set(found.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw await unknownStation(prisma, unknown);
}

/** The error for an id that no station has. */
export async function unknownStation(prisma: PrismaClient, id: string): Promise<GatewayError> {
  const stations = await prisma.station.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
  const nearest = nearestName(
    id,
    stations.map((station) => station.id),
  );
  return new GatewayError('UNKNOWN_STATION', `There is no station ${JSON.stringify(id)}.`, {
    field: 'stationIds',
    hint:
      nearest === undefined ? 'See /stations for all of them.' : `Did you mean ${JSON.stringify(nearest)}?`,
  });
}
