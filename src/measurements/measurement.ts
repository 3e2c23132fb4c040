import type { PollutantCode } from './pollutants.ts';

/** What one station reported at one time instant; µg/m³, co in mg/m³; null = not reported. */
export type Measurement = {
  readonly stationId: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly timeInstant: string;
} & { readonly [code in PollutantCode]?: number | null };

/** Builds measurements from rows `[time instant, station, value, value, …]` in the order of `codes`. */
export function measurementFromRow(
  codes: readonly PollutantCode[],
): (row: readonly unknown[]) => Measurement {
  return (row) => {
    const measurement: Record<string, unknown> = { timeInstant: row[0], stationId: row[1] };
    for (let index = 0; index < codes.length; index++) measurement[codes[index] as string] = row[index + 2];
    return measurement as Measurement;
  };
}
