import type { Pollutant } from './pollutants.ts';

/** Units that values come in, in the plain spelling of `plainUnit`. */
export type PlainUnit = 'ug/m3' | 'mg/m3' | 'g/m3' | 'ppb' | 'ppm';

export const plainUnits: readonly PlainUnit[] = ['ug/m3', 'mg/m3', 'g/m3', 'ppb', 'ppm'];

/** `µg/m³`, `μg/m^3`, `UG/M3` … -> `ug/m3`; undefined when it is none of the units above. */
export function plainUnit(text: string): PlainUnit | undefined {
  const plain = text.toLowerCase().replace(/[µμ]/g, 'u').replace(/³/g, '3').replace(/[\s^]/g, '');
  return plainUnits.find((unit) => unit === plain || unit.replace('/', '') === plain);
}

/**
 * What a value in `unit` is multiplied by to become the pollutant's own unit; undefined when it cannot be (particles have
 * no mixing ratio). A mixing ratio becomes a mass by the molar volume of an ideal gas at 101.325 kPa: 22.414 L/mol at 0 °C
 * (CODATA 2018), so 24.055 at 20 °C and 24.465 at 25 °C. The temperature is part of the unit: the EU reports at 20 °C,
 * the US at 25 °C.
 */
export function conversionFactor(pollutant: Pollutant, unit: PlainUnit, celsius: number): number | undefined {
  const ownPerMicrogram = pollutant.unit === 'mg/m³' ? 1e-3 : 1;
  switch (unit) {
    // Equal units convert by exactly 1, so that values stay what they are to the last bit.
    case 'ug/m3':
      return ownPerMicrogram;
    case 'mg/m3':
      return pollutant.unit === 'mg/m³' ? 1 : 1e3;
    case 'g/m3':
      return pollutant.unit === 'mg/m³' ? 1e3 : 1e6;
    case 'ppb':
    case 'ppm': {
      if (pollutant.molarMass === null) return undefined;
      const molarVolume = (22.413_969_54 * (273.15 + celsius)) / 273.15;
      const microgramsPerPpb = pollutant.molarMass / molarVolume;
      return microgramsPerPpb * (unit === 'ppm' ? 1e3 : 1) * ownPerMicrogram;
    }
  }
}
