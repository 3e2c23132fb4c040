import type { PollutantCode } from '../pollutants.ts';

/** An index that turns concentrations into one number and a word. Its bands change over the years: `version` says when. */
export interface AirQualityIndex {
  /** As `index=` of `/air_quality` and the columns of its answers spell it. */
  readonly id: 'us-epa-aqi' | 'eu-eaqi' | 'who-2021';
  readonly name: string;
  readonly version: string;
  readonly source: string;
  /** What a reader should know before relying on it: what is simplified, what is not verified. */
  readonly notes: string;
  /** The index of a station is the greatest of these. */
  readonly components: readonly IndexComponent[];
  /** In rising order; the last one has no upper end. */
  readonly categories: readonly IndexCategory[];
}

/** How one pollutant, averaged over some hours, becomes an index value. */
export interface IndexComponent {
  readonly pollutant: PollutantCode;
  /** Length of the average that ends at the time the index is for. */
  readonly averagingHours: 1 | 8 | 24;
  /** Unit of the bands below. */
  readonly unit: 'µg/m³' | 'mg/m³' | 'ppb' | 'ppm';
  /** What a value in the pollutant's own unit is multiplied by to be in `unit`. */
  readonly factor: number;
  /** Decimals that the concentration is truncated to before it is looked up; absent = as it is. */
  readonly decimals?: number;
  readonly bands: readonly IndexBand[];
  /** Above the last band: its upper index (`cap`), or on along its line (`continue`). */
  readonly beyond: 'cap' | 'continue';
}

/** Concentrations up to `to` (inclusive; from the band before, or `from`) rise linearly from one index to another. */
export interface IndexBand {
  readonly from: number;
  readonly to: number;
  readonly index: readonly [lower: number, upper: number];
}

export interface IndexCategory {
  readonly name: string;
  /** Greatest index value of the category. */
  readonly upTo: number;
  /** RRGGBB. */
  readonly color: string;
}

/** Against doubles that a conversion left just below what they stand for. */
export const truncationTolerance = 1e-9;

/** What is below counts as zero, what is above as this: PostgreSQL refuses to multiply what leaves the range of doubles. */
export const concentrationRange = [1e-9, 1e12] as const;

/** The index value of a concentration in the pollutant's own unit; null when it is below the component's first band. */
export function componentValue(component: IndexComponent, concentration: number): number | null {
  const { factor, decimals, bands, beyond } = component;
  const [least, greatest] = concentrationRange;
  let value = concentration < least ? 0 : Math.min(concentration, greatest) * factor;
  if (decimals !== undefined) {
    const scale = 10 ** decimals;
    value = Math.floor(value * scale + truncationTolerance) / scale;
  }
  const last = bands.at(-1) as IndexBand;
  if (value < (bands[0] as IndexBand).from) return null;
  if (value > last.to && beyond === 'cap') return last.index[1];
  const { from, to, index } = bands.find((band) => value <= band.to) ?? last;
  return Math.floor(index[0] + ((value - from) / (to - from)) * (index[1] - index[0]) + 0.5);
}

/** The category of an index value. */
export function categoryOf({ categories }: AirQualityIndex, value: number): IndexCategory {
  return (categories.find(({ upTo }) => value <= upTo) ?? categories.at(-1)) as IndexCategory;
}
