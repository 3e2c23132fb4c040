import { GatewayError } from '../errors.ts';
import type { Place } from '../stations/place.ts';
import type { Comparison } from './comparison.ts';
import { type PollutantCode, pollutantCodes } from './pollutants.ts';

/** `TIME`: time, then station. `STATION`: station, then time. `…_DESC`: their exact reverse. All total orders. */
export type MeasurementOrder = 'TIME' | 'TIME_DESC' | 'STATION' | 'STATION_DESC';

/** What a caller may say about which measurements it wants; everything absent or null means "all". */
export interface MeasurementArguments {
  readonly where?: MeasurementFilter | null | undefined;
  readonly orderBy?: MeasurementOrder | null | undefined;
}

export interface MeasurementFilter {
  readonly stationIds?: readonly string[] | null | undefined;
  /** First time instant that belongs to the selection. */
  readonly from?: Date | null | undefined;
  /** First time instant after the selection. */
  readonly to?: Date | null | undefined;
  /** Value columns, in the order they are wanted. */
  readonly pollutants?: readonly PollutantCode[] | null | undefined;
  /** Only stations at this place. */
  readonly place?: Place | null | undefined;
  /** Conditions on values; all must hold. */
  readonly comparisons?: readonly Comparison[] | null | undefined;
}

/** Which measurements, in which order, with which columns: validated, normalised, immutable. */
export interface MeasurementSelection {
  /** Sorted, without repetition; null = every station. Empty when no station is at the place asked for. */
  readonly stationIds: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly pollutants: readonly PollutantCode[];
  readonly comparisons: readonly Comparison[];
  readonly order: MeasurementOrder;
}

/** The form of a station id; the database holds the same rule. */
export const stationIdForm = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/**
 * Turns arguments into a selection.
 * @throws GatewayError INVALID_ARGUMENT for an id no station can have, an empty or repeated list, an invalid time;
 *   INVALID_RANGE when `from` is after `to`.
 */
export function selectMeasurements({ where, orderBy }: MeasurementArguments): MeasurementSelection {
  return Object.freeze({
    stationIds: selectStations(where?.stationIds ?? null),
    ...selectRange(where?.from ?? null, where?.to ?? null),
    pollutants: selectPollutants(where?.pollutants ?? null),
    comparisons: where?.comparisons ?? [],
    order: orderBy ?? 'TIME',
  });
}

function selectStations(ids: readonly string[] | null): readonly string[] | null {
  if (ids === null) return null;
  if (ids.length === 0) {
    throw new GatewayError('INVALID_ARGUMENT', 'The list of stations is empty.', {
      field: 'stationIds',
      hint: 'Leave it out to select every station.',
    });
  }
  for (const id of ids) {
    if (!stationIdForm.test(id)) {
      throw new GatewayError('INVALID_ARGUMENT', `${JSON.stringify(id)} is not a station id.`, {
        field: 'stationIds',
        hint: 'A station id has 1 to 64 letters, digits, "_", ".", ":" or "-" and starts with a letter or digit.',
      });
    }
  }
  return [...new Set(ids)].sort();
}

function selectRange(from: Date | null, to: Date | null): { from: Date | null; to: Date | null } {
  for (const [field, instant] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (instant !== null && Number.isNaN(instant.getTime())) {
      throw new GatewayError('INVALID_ARGUMENT', `\`${field}\` is not a time instant.`, {
        field,
        hint: 'Accepted: ISO 8601, e.g. 2016-10-01T00:00:00Z.',
      });
    }
  }
  if (from !== null && to !== null && from > to) {
    throw new GatewayError(
      'INVALID_RANGE',
      `\`from\` (${from.toISOString()}) is after \`to\` (${to.toISOString()}).`,
      {
        field: 'from',
        hint: 'The range is half-open: from <= time < to.',
      },
    );
  }
  return { from, to };
}

function selectPollutants(codes: readonly PollutantCode[] | null): readonly PollutantCode[] {
  if (codes === null) return pollutantCodes;
  if (codes.length === 0 || new Set(codes).size !== codes.length) {
    throw new GatewayError('INVALID_ARGUMENT', 'The list of pollutants is empty or names one twice.', {
      field: 'pollutants',
      hint: `Any of ${pollutantCodes.join(', ')}, each once; leave it out for all of them.`,
    });
  }
  return codes;
}
