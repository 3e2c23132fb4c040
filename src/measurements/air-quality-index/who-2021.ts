import type { PollutantCode } from '../pollutants.ts';
import type { AirQualityIndex, IndexComponent } from './air-quality-index.ts';

/** Short-term guideline levels: µg/m³, co in mg/m³, as means over these hours. */
const guidelines: readonly [pollutant: PollutantCode, averagingHours: 8 | 24, level: number][] = [
  ['pm2_5', 24, 15],
  ['pm10', 24, 45],
  ['no2', 24, 25],
  ['o3', 8, 100],
  ['so2', 24, 40],
  ['co', 24, 4],
];

const components = guidelines.map(
  ([pollutant, averagingHours, level]): IndexComponent => ({
    pollutant,
    averagingHours,
    unit: pollutant === 'co' ? 'mg/m³' : 'µg/m³',
    factor: 1,
    bands: [{ from: 0, to: level, index: [0, 100] }],
    beyond: 'continue',
  }),
);

/**
 * Concentrations as a percentage of the short-term levels of the WHO global air quality guidelines (2021, ISBN
 * 978-92-4-003422-8, table 0.1). The WHO publishes levels and no index: that 100 means "at the level" and the categories are ours.
 */
export const who2021: AirQualityIndex = {
  id: 'who-2021',
  name: 'Share of the WHO 2021 guideline level',
  version: '2021',
  source: 'WHO global air quality guidelines, 2021, ISBN 978-92-4-003422-8',
  notes:
    'Percent of the short-term guideline level. The guideline judges the 99th percentile of a year; a single day above 100 is no breach.',
  components,
  categories: [
    { name: 'Within the guideline level', upTo: 100, color: '50CCAA' },
    { name: 'Up to twice the guideline level', upTo: 200, color: 'F0E641' },
    { name: 'More than twice the guideline level', upTo: Number.MAX_VALUE, color: 'FF5050' },
  ],
};
