import type { PollutantCode } from '../pollutants.ts';
import type { AirQualityIndex, IndexComponent } from './air-quality-index.ts';

/** Upper edges of the first five bands, µg/m³, inclusive; the sixth has none. */
const edges: Partial<Record<PollutantCode, readonly [number, number, number, number, number]>> = {
  pm2_5: [5, 15, 50, 90, 140],
  pm10: [15, 45, 120, 195, 270],
  no2: [10, 25, 60, 100, 150],
  o3: [60, 100, 120, 160, 180],
  so2: [20, 40, 125, 190, 275],
};

const components = Object.entries(edges).map(
  ([pollutant, upper]): IndexComponent => ({
    pollutant: pollutant as PollutantCode,
    averagingHours: 1,
    unit: 'µg/m³',
    factor: 1,
    bands: [...upper, Number.MAX_VALUE].map((to, place) => ({
      from: upper[place - 1] ?? 0,
      to,
      index: [place + 1, place + 1],
    })),
    beyond: 'cap',
  }),
);

/**
 * The European Air Quality Index of the European Environment Agency, revision of 2024: hourly concentrations, six bands;
 * carbon monoxide is not part of it. The bands before 2024 (PM2.5: 10, 20, 25, 50 …) are still widely copied.
 */
export const euEaqi: AirQualityIndex = {
  id: 'eu-eaqi',
  name: 'European Air Quality Index',
  version: '2024',
  source: 'European Environment Agency, European Air Quality Index, revision of 2024',
  notes: 'The value is the number of the band, 1 (good) to 6 (extremely poor).',
  components,
  categories: [
    { name: 'Good', upTo: 1, color: '50F0E6' },
    { name: 'Fair', upTo: 2, color: '50CCAA' },
    { name: 'Moderate', upTo: 3, color: 'F0E641' },
    { name: 'Poor', upTo: 4, color: 'FF5050' },
    { name: 'Very poor', upTo: 5, color: '960032' },
    { name: 'Extremely poor', upTo: 6, color: '7D2181' },
  ],
};
