import { recordAudit } from '../audit/audit-log.ts';
import type { PrismaClient } from '../database/prisma-client.ts';
import { GatewayError } from '../errors.ts';
import { stationIdForm } from '../measurements/selection.ts';
import { requireTimeZone } from '../time-zone.ts';
import type { Station } from './stations.ts';

/** What is known of a station; what is undefined stays as it is. */
export interface StationChange {
  readonly id: string;
  readonly name?: string | undefined;
  readonly latitude?: number | null | undefined;
  readonly longitude?: number | null | undefined;
  readonly city?: string | null | undefined;
  readonly timezone?: string | undefined;
}

/**
 * Creates a station or changes what is given of it. @param actor who does it, for the audit log
 * @throws GatewayError INVALID_ARGUMENT for an id no station can have; INVALID_TIMEZONE.
 */
export async function upsertStation(
  prisma: PrismaClient,
  { id, name, latitude, longitude, city, timezone }: StationChange,
  actor: string,
): Promise<Station> {
  if (!stationIdForm.test(id)) {
    throw new GatewayError('INVALID_ARGUMENT', `${JSON.stringify(id)} is not a station id.`, {
      field: 'id',
      hint: 'A station id has 1 to 64 letters, digits, "_", ".", ":" or "-" and starts with a letter or digit.',
    });
  }
  if (timezone !== undefined) requireTimeZone(timezone);
  const given = Object.fromEntries(
    Object.entries({ name, latitude, longitude, city, timezone }).filter(([, value]) => value !== undefined),
  );
  return prisma.$transaction(async (transaction) => {
    const station = await transaction.station.upsert({
      where: { id },
      create: { id, ...given, name: name ?? id },
      update: given,
    });
    await recordAudit(transaction, {
      actor,
      action: 'station.upsert',
      target: id,
      details: Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])),
    });
    return station;
  });
}
