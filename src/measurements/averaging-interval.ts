import { GatewayError } from '../errors.ts';

/**
 * Length of the periods that averages are made over. Periods tile the time line without gap or overlap:
 * - minutes: parts of an hour, counted from the full hour of the zone;
 * - hours above one: parts of a local day, so that one of them is longer or shorter when clocks change;
 * - days: one by one from local midnight (23, 24 or 25 hours); several from Monday 2001-01-01 on;
 * - months: one by one from the first of the month; several from January of the year 0 on, so that 3 months are the
 *   quarters of the year and 12 the years.
 */
export interface AveragingInterval {
  readonly unit: 'minute' | 'hour' | 'day' | 'month';
  readonly count: number;
}

/** The short spellings, in the order of their length. */
export const shortIntervals = {
  '15m': { unit: 'minute', count: 15 },
  '1h': { unit: 'minute', count: 60 },
  '8h': { unit: 'hour', count: 8 },
  '1d': { unit: 'day', count: 1 },
  '1w': { unit: 'day', count: 7 },
  '1mo': { unit: 'month', count: 1 },
  '1y': { unit: 'month', count: 12 },
} as const satisfies Record<string, AveragingInterval>;

const isoDuration =
  /^P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?$/;

/**
 * Reads `15m 1h 8h 1d 1w 1mo 1y` or an ISO 8601 duration of one kind (`PT30M`, `P1D`, `P3M`).
 * @throws GatewayError INVALID_INTERVAL for anything else, and for parts that fill no hour or day exactly.
 */
export function parseAveragingInterval(text: string): AveragingInterval {
  if (Object.hasOwn(shortIntervals, text)) return shortIntervals[text as keyof typeof shortIntervals];
  const parts = isoDuration
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (parts === undefined) throw refusal(text, 'is not a length of time that averages can be made over');
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0] = parts;
  const spans = [
    { unit: 'month', count: years * 12 + months },
    { unit: 'day', count: weeks * 7 + days },
    { unit: 'minute', count: hours * 60 + minutes },
  ].filter(({ count }) => count > 0) as AveragingInterval[];
  const [span, mixed] = spans;
  if (span === undefined) throw refusal(text, 'is no time at all');
  if (mixed !== undefined) throw refusal(text, 'mixes months, days and hours, which have no common length');
  return span.unit === 'minute' ? partOfDay(text, span.count) : span;
}

function partOfDay(text: string, minutes: number): AveragingInterval {
  if (minutes <= 60) {
    if (60 % minutes !== 0) throw refusal(text, 'does not fill an hour exactly');
    return { unit: 'minute', count: minutes };
  }
  if (1440 % minutes !== 0 || minutes % 60 !== 0) throw refusal(text, 'does not fill a day exactly');
  return minutes === 1440 ? { unit: 'day', count: 1 } : { unit: 'hour', count: minutes / 60 };
}

function refusal(text: string, fault: string): GatewayError {
  return new GatewayError('INVALID_INTERVAL', `The interval ${JSON.stringify(text.slice(0, 40))} ${fault}.`, {
    field: 'interval',
    hint: `Accepted: ${Object.keys(shortIntervals).join(', ')}, or an ISO 8601 duration, e.g. PT30M, P1D, P3M.`,
  });
}

/** SQL of a period: what its rows are grouped by, and both its ends (timestamptz) from that group. */
export interface PeriodSql {
  readonly group: string;
  readonly start: string;
  readonly end: string;
}

/**
 * @param instant SQL of the time instant of a row, timestamptz
 * @param group SQL that names the group once rows are grouped
 * @param zone SQL of the IANA zone, text
 */
export function periodSql(
  { unit, count }: AveragingInterval,
  { instant, group, zone }: { readonly instant: string; readonly group: string; readonly zone: string },
): PeriodSql {
  if (unit === 'minute') {
    // Elapsed time, so that the hour that clocks repeat in autumn is two periods and not one.
    const step = `interval '${count} minutes'`;
    return {
      group: `date_bin(${step}, ${instant}, date_trunc('hour', ${instant}, ${zone}))`,
      start: group,
      end: `${group} + ${step}`,
    };
  }
  // Wall-clock time from here on; it becomes an instant only at the ends of a period.
  const local = `(${instant} at time zone ${zone})`;
  const step = `interval '${count} ${unit}s'`;
  return {
    group: wallClockGroup(local, unit, count),
    start: instantOf(group, zone),
    end: instantOf(`(${group} + ${step})`, zone),
  };
}

function wallClockGroup(local: string, unit: 'hour' | 'day' | 'month', count: number): string {
  switch (unit) {
    case 'hour':
      return `date_bin(interval '${count} hours', ${local}, date_trunc('day', ${local}))`;
    case 'day':
      return count === 1
        ? `date_trunc('day', ${local})`
        : `date_bin(interval '${count} days', ${local}, timestamp '2001-01-01')`;
    case 'month': {
      if (count === 1) return `date_trunc('month', ${local})`;
      const months = `(extract(year from ${local})::int * 12 + extract(month from ${local})::int - 1)`;
      return `(timestamp '0001-01-01' + make_interval(months => ${months} / ${count} * ${count} - 12))`;
    }
  }
}

/**
 * The first instant at which a zone's clocks show `local`. Where they show it twice, PostgreSQL alone would take the
 * second; where they skip it, this is the moment of the skip.
 */
function instantOf(local: string, zone: string): string {
  return `((${local} - interval '1 microsecond') at time zone ${zone} + interval '1 microsecond')`;
}
