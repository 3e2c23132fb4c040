import pg from 'pg';
import { type PollutantCode, pollutants } from '../measurements/pollutants.ts';
import type { Layout } from './layout.ts';
import { stationIdForm, years } from './rejection.ts';

// How staged text becomes typed columns, as SQL expressions over `import_staged`. `text` is an expression of type text.

/** The time instant of a staged row, UTC; offset-less text is read in the session's time zone. */
export function timeOf(text: string, { shiftMinutes }: Pick<Layout, 'shiftMinutes'>): string {
  if (shiftMinutes === 0) return `${text}::timestamptz(3)`;
  return `(${text}::timestamptz - interval '${shiftMinutes} minutes')::timestamptz(3)`;
}

/** Only a text that passes may be cast. Without it "today", "infinity" or 1/2/2016 would pass for times. */
export function isTimeShaped(text: string): string {
  return `${text} LIKE '____-__-__%'`;
}

export function insideYears(time: string): string {
  return `(${time} >= '${years.first}-01-01Z' AND ${time} < '${years.last + 1}-01-01Z')`;
}

// 1e12 is beyond every range in any unit and keeps a conversion from overflowing.
// CASE in the following two, because only CASE promises that the cast is not tried on what the test refused.

export function isTimeFaulty(text: string, layout: Pick<Layout, 'shiftMinutes'>): string {
  return `CASE WHEN ${isTimeShaped(text)} AND pg_input_is_valid(${text}, 'timestamptz')
          THEN NOT ${insideYears(timeOf(text, layout))} ELSE true END`;
}

export function isNumberFaulty(text: string, insideRange: string): string {
  return `CASE WHEN ${text} IS NULL THEN false WHEN NOT pg_input_is_valid(${text}, 'double precision') THEN true
          WHEN NOT (${text}::double precision BETWEEN -1e12 AND 1e12) THEN true
          ELSE NOT coalesce(${insideRange}, false) END`;
}

/**
 * A local time that exists twice (clocks go back) or not at all (forward) in `zone`. Stored without asking, the second hour would
 * overwrite the first.
 */
export function isLocalTimeUnclear(text: string, zone: string): string {
  const local = (instant: string) => `((${instant}) AT TIME ZONE ${pg.escapeLiteral(zone)})`;
  const time = `${text}::timestamptz`;
  const unclear = ['1 hour', '30 minutes'].map(
    (step) =>
      `${local(`${time} + interval '${step}'`)} = ${local(time)} OR ${local(`${time} - interval '${step}'`)} = ${local(time)}`,
  );
  return `(${text} !~ '(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$' AND (${local(time)} <> ${text}::timestamp OR ${unclear.join(' OR ')}))`;
}

/** NaN is above every number in PostgreSQL, so it is outside too. */
export function isInsideRange(value: string, code: PollutantCode): string {
  const [minimum, maximum] = pollutants.find((pollutant) => pollutant.code === code)?.plausibleRange ?? [];
  return `(${value} BETWEEN ${minimum} AND ${maximum})`;
}

/** Text of a number in PostgreSQL's form; a grouping character becomes a comma, which no number has. */
export function numberText(text: string, { decimal }: Pick<Layout, 'decimal'>): string {
  return decimal === '.' ? text : `translate(${text}, ',.', '.,')`;
}

export function scaled(number: string, factor: number): string {
  return factor === 1
    ? `${number}::double precision`
    : `(${number}::double precision * ${factor}::double precision)`;
}

/**
 * The id a station's name makes: its letters and digits, everything else a "_". Names with other letters get a digest as well, for
 * they would not be told apart otherwise.
 */
export function stationIdOf(text: string): string {
  const plain = `trim(both '_' from left(regexp_replace(btrim(${text}), '[^A-Za-z0-9_.:-]+', '_', 'g'), 50))`;
  return `CASE WHEN btrim(${text}) = '' THEN NULL
    WHEN ${text} ~ '[^ -~]' THEN ltrim(${plain} || '-' || left(md5(btrim(${text})), 8), '_.:-')
    ELSE ltrim(${plain}, '_.:-') END`;
}

export function isStationIdFaulty(id: string): string {
  return `coalesce(${id} !~ '${stationIdForm}', true)`;
}
