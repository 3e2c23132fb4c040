import type { PrismaClient } from '../database/prisma-client.ts';
import { GatewayError } from '../errors.ts';
import { requirePageSize } from '../measurements/page.ts';
import { stationIdForm } from '../measurements/selection.ts';
import { findStationsAt, type Place } from '../stations/place.ts';
import { listStations, type Station } from '../stations/stations.ts';

interface StationsArguments {
  readonly first: number;
  readonly after?: string | null | undefined;
  readonly where?: Place | null | undefined;
}

/**
 * A page of stations in the order of their ids, as a Relay connection.
 * @throws GatewayError PAGE_SIZE; INVALID_CURSOR.
 */
export async function resolveStations(
  { first, after, where }: StationsArguments,
  prisma: PrismaClient,
  { pageSizeMax }: { readonly pageSizeMax: number },
) {
  requirePageSize(first, pageSizeMax);
  // A box or circle is beyond what Prisma can ask for; a city alone is not.
  const byPosition = where?.bbox != null || where?.near != null;
  const filter = byPosition ? { ids: await findStationsAt(prisma, where) } : { city: where?.city };
  const found = await listStations(prisma, filter, {
    after: after == null ? undefined : decodeStationCursor(after),
    take: first + 1,
  });
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: encodeStationCursor(node), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function encodeStationCursor({ id }: Station): string {
  return Buffer.from(`STATIONS~${id}`).toString('base64url');
}

function decodeStationCursor(cursor: string): string {
  const [kind, id, ...rest] = Buffer.from(cursor, 'base64url').toString().split('~');
  if (kind !== 'STATIONS' || id === undefined || rest.length > 0 || !stationIdForm.test(id)) {
    throw new GatewayError('INVALID_CURSOR', 'The cursor is broken or belongs to another list.', {
      field: 'after',
      hint: 'Pass a cursor exactly as an earlier answer gave it.',
    });
  }
  return id;
}
