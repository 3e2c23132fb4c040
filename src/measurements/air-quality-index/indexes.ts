import { GatewayError } from '../../errors.ts';
import type { AirQualityIndex } from './air-quality-index.ts';
import { euEaqi } from './eu-eaqi.ts';
import { usEpaAqi } from './us-epa-aqi.ts';
import { who2021 } from './who-2021.ts';

/** Every index there is. */
export const airQualityIndexes: readonly AirQualityIndex[] = [usEpaAqi, euEaqi, who2021];

export const airQualityIndexIds = airQualityIndexes.map(({ id }) => id);

/** @throws GatewayError INVALID_ARGUMENT naming the indexes there are. */
export function findAirQualityIndex(id: string): AirQualityIndex {
  const index = airQualityIndexes.find((candidate) => candidate.id === id);
  if (index !== undefined) return index;
  throw new GatewayError('INVALID_ARGUMENT', `There is no index ${JSON.stringify(id)}.`, {
    field: 'index',
    hint: `Accepted: ${airQualityIndexIds.join(', ')}.`,
  });
}
