import { GatewayError } from '../errors.ts';
import { type MeasurementOrder, stationIdForm } from './selection.ts';

/**
 * A place in the order of measurements: the key of the last row seen. It names a row, not an offset, so that a page
 * that follows it is right whatever was inserted meanwhile.
 */
export interface MeasurementKey {
  readonly stationId: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly timeInstant: string;
}

/** Writes a key as an opaque cursor, good for selections of this order only. */
export function encodeCursor(order: MeasurementOrder, { stationId, timeInstant }: MeasurementKey): string {
  return Buffer.from(`${order}~${Date.parse(timeInstant)}~${stationId}`).toString('base64url');
}

const plainKey = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)),(.+)$/;

/**
 * Reads a cursor, or a key as the first two columns of a CSV line spell it (`2016-10-01T00:00:00.004Z,aq_salvia`), by which
 * anyone can go on behind the last line of a broken download.
 * @throws GatewayError INVALID_CURSOR when the text is no cursor or belongs to another order.
 */
export function decodeCursor(order: MeasurementOrder, cursor: string): MeasurementKey {
  const [, instant, station] = plainKey.exec(cursor) ?? [];
  if (instant !== undefined && station !== undefined && stationIdForm.test(station)) {
    const parsed = new Date(instant);
    if (!Number.isNaN(parsed.getTime())) return { stationId: station, timeInstant: parsed.toISOString() };
  }
  const [cursorOrder, time, stationId, ...rest] = Buffer.from(cursor, 'base64url').toString().split('~');
  const milliseconds = Number(time);
  if (
    stationId === undefined ||
    rest.length > 0 ||
    !stationIdForm.test(stationId) ||
    !/^-?\d{1,15}$/.test(time ?? '')
  ) {
    throw new GatewayError('INVALID_CURSOR', 'The cursor is broken.', {
      field: 'after',
      hint: 'Pass a cursor exactly as an earlier answer gave it.',
    });
  }
  if (cursorOrder !== order) {
    throw new GatewayError(
      'INVALID_CURSOR',
      `The cursor belongs to the order ${cursorOrder}, not ${order}.`,
      {
        field: 'after',
        hint: 'Keep the order while paging, or start again without a cursor.',
      },
    );
  }
  return { stationId, timeInstant: new Date(milliseconds).toISOString() };
}
