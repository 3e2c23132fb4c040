import { concentrationFactor } from '../concentration.ts';
import type { AirQualityIndex, IndexBand, IndexCategory, IndexComponent } from './air-quality-index.ts';

const categories: readonly IndexCategory[] = [
  { name: 'Good', upTo: 50, color: '00E400' },
  { name: 'Moderate', upTo: 100, color: 'FFFF00' },
  { name: 'Unhealthy for sensitive groups', upTo: 150, color: 'FF7E00' },
  { name: 'Unhealthy', upTo: 200, color: 'FF0000' },
  { name: 'Very unhealthy', upTo: 300, color: '8F3F97' },
  { name: 'Hazardous', upTo: 500, color: '7E0023' },
];

const indexSteps: readonly (readonly [number, number])[] = [
  [0, 50],
  [51, 100],
  [101, 150],
  [151, 200],
  [201, 300],
  [301, 500],
];

/** Bands from their upper edges; each starts one unit of the last decimal above the one before. */
function bandsUpTo(edges: readonly number[], decimals: number, first = 0, from = 0): readonly IndexBand[] {
  return edges.map((to, place) => ({
    from: place === 0 ? from : Number(((edges[place - 1] as number) + 10 ** -decimals).toFixed(decimals)),
    to,
    index: indexSteps[place + first] as readonly [number, number],
  }));
}

// 25 °C and 1 atm, the reference of the EPA.
const ppb = (code: 'so2' | 'no2' | 'o3') => concentrationFactor(code, { kind: 'ppb', celsius: 25 });
const ppmOfOzone = ppb('o3') / 1e3;
const ppmOfCarbonMonoxide = concentrationFactor('co', { kind: 'ppb', celsius: 25 }) / 1e3;

const components: readonly IndexComponent[] = [
  {
    pollutant: 'pm2_5',
    averagingHours: 24,
    unit: 'µg/m³',
    factor: 1,
    decimals: 1,
    bands: bandsUpTo([9.0, 35.4, 55.4, 125.4, 225.4, 325.4], 1),
    beyond: 'cap',
  },
  {
    pollutant: 'pm10',
    averagingHours: 24,
    unit: 'µg/m³',
    factor: 1,
    decimals: 0,
    bands: bandsUpTo([54, 154, 254, 354, 424, 604], 0),
    beyond: 'cap',
  },
  {
    // 8 hours define no index above 300: from there on the component below does.
    pollutant: 'o3',
    averagingHours: 8,
    unit: 'ppm',
    factor: ppmOfOzone,
    decimals: 3,
    bands: bandsUpTo([0.054, 0.07, 0.085, 0.105, 0.2], 3),
    beyond: 'cap',
  },
  {
    pollutant: 'o3',
    averagingHours: 1,
    unit: 'ppm',
    factor: ppmOfOzone,
    decimals: 3,
    bands: bandsUpTo([0.164, 0.204, 0.404, 0.604], 3, 2, 0.125),
    beyond: 'cap',
  },
  {
    pollutant: 'co',
    averagingHours: 8,
    unit: 'ppm',
    factor: ppmOfCarbonMonoxide,
    decimals: 1,
    bands: bandsUpTo([4.4, 9.4, 12.4, 15.4, 30.4, 50.4], 1),
    beyond: 'cap',
  },
  {
    // One hour defines no index above 200: from there on the component below does.
    pollutant: 'so2',
    averagingHours: 1,
    unit: 'ppb',
    factor: ppb('so2'),
    decimals: 0,
    bands: bandsUpTo([35, 75, 185, 304], 0),
    beyond: 'cap',
  },
  {
    pollutant: 'so2',
    averagingHours: 24,
    unit: 'ppb',
    factor: ppb('so2'),
    decimals: 0,
    bands: bandsUpTo([604, 1004], 0, 4, 305),
    beyond: 'cap',
  },
  {
    pollutant: 'no2',
    averagingHours: 1,
    unit: 'ppb',
    factor: ppb('no2'),
    decimals: 0,
    bands: bandsUpTo([53, 100, 360, 649, 1249, 2049], 0),
    beyond: 'cap',
  },
];

/**
 * The Air Quality Index of the US EPA with the breakpoints in force since 6 May 2024: 40 CFR part 58, appendix G;
 * technical document EPA-454/B-24-002. Concentrations are truncated, interpolated linearly within their band and the
 * result rounded.
 */
export const usEpaAqi: AirQualityIndex = {
  id: 'us-epa-aqi',
  name: 'US EPA Air Quality Index',
  version: '2024-05-06',
  source: 'EPA-454/B-24-002; 40 CFR part 58, appendix G',
  notes:
    'Plain trailing averages; NowCast is not used. The decimals that gases are truncated to are not verified at the source.',
  components,
  categories,
};
