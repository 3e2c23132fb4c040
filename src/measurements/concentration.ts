import { type Pollutant, type PollutantCode, pollutants } from './pollutants.ts';
import { conversionFactor } from './units.ts';

/**
 * What concentrations are expressed in. `mass`: each pollutant's own unit (µg/m³, co in mg/m³). `ppb`: parts per billion
 * at 101.325 kPa and `celsius`, which is part of the unit: 20 °C in the EU, 25 °C in the US. Particles have no mixing
 * ratio and stay in µg/m³.
 */
export type ConcentrationUnits =
  | { readonly kind: 'mass' }
  | { readonly kind: 'ppb'; readonly celsius: 20 | 25 };

export const massUnits: ConcentrationUnits = { kind: 'mass' };

const byCode = new Map(pollutants.map((pollutant) => [pollutant.code, pollutant]));

/** The table's entry of a pollutant. */
export function pollutantOf(code: PollutantCode): Pollutant {
  return byCode.get(code) as Pollutant;
}

/** What a stored value is multiplied by to be in `units`; 1 where the pollutant has no other unit. */
export function concentrationFactor(code: PollutantCode, units: ConcentrationUnits): number {
  if (units.kind === 'mass') return 1;
  const ownUnitsPerPpb = conversionFactor(pollutantOf(code), 'ppb', units.celsius);
  return ownUnitsPerPpb === undefined ? 1 : 1 / ownUnitsPerPpb;
}

/** The unit that a pollutant's values are in, for headers: `µg/m³`, `mg/m³` or `ppb`. */
export function unitOf(code: PollutantCode, units: ConcentrationUnits): string {
  const { unit, molarMass } = pollutantOf(code);
  return units.kind === 'ppb' && molarMass !== null ? 'ppb' : unit;
}

/**
 * SQL that converts `value` (SQL, in the pollutant's own unit). The factor is written with all its digits, so that SQL
 * and JavaScript convert to the same double.
 */
export function convertedSql(value: string, code: PollutantCode, units: ConcentrationUnits): string {
  const factor = concentrationFactor(code, units);
  return factor === 1 ? value : `(${value} * ${factor}::float8)`;
}
