/**
 * Everything that is "per pollutant" derives from this table: the columns of exports, the GraphQL fields and enum,
 * validation and conversion. A seventh pollutant is one entry here and one migration that adds its column.
 */
export interface Pollutant {
  /** Column of `environment_airq_measurand`, in files and in CSV. */
  readonly code: PollutantCode;
  readonly name: string;
  readonly unit: 'µg/m³' | 'mg/m³';
  /** g/mol; null for particles, which have none. Standard atomic weights, IUPAC 2021. */
  readonly molarMass: number | null;
  /**
   * Values outside are taken for faults of the instrument or of the file. Our own choice, in the column's unit:
   * below zero as far as the noise of an instrument around zero goes, above zero well past any reported ambient air.
   */
  readonly plausibleRange: readonly [minimum: number, maximum: number];
}

export type PollutantCode = 'so2' | 'no2' | 'co' | 'o3' | 'pm10' | 'pm2_5';

/** In the order of the columns of a measurement file. */
export const pollutants: readonly Pollutant[] = [
  { code: 'so2', name: 'Sulphur dioxide', unit: 'µg/m³', molarMass: 64.066, plausibleRange: [-20, 5_000] },
  { code: 'no2', name: 'Nitrogen dioxide', unit: 'µg/m³', molarMass: 46.006, plausibleRange: [-20, 4_000] },
  { code: 'co', name: 'Carbon monoxide', unit: 'mg/m³', molarMass: 28.01, plausibleRange: [-2, 200] },
  { code: 'o3', name: 'Ozone', unit: 'µg/m³', molarMass: 47.998, plausibleRange: [-20, 1_500] },
  {
    code: 'pm10',
    name: 'Particulate matter up to 10 µm',
    unit: 'µg/m³',
    molarMass: null,
    plausibleRange: [-20, 10_000],
  },
  {
    code: 'pm2_5',
    name: 'Particulate matter up to 2.5 µm',
    unit: 'µg/m³',
    molarMass: null,
    plausibleRange: [-20, 10_000],
  },
];

export const pollutantCodes: readonly PollutantCode[] = pollutants.map(({ code }) => code);
