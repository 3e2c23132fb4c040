import { comparisonText } from './comparison.ts';
import { pollutantCodes } from './pollutants.ts';
import type { MeasurementOrder, MeasurementSelection } from './selection.ts';

/** How `/air_quality` spells the orders. */
export const orderNames = {
  time: 'TIME',
  '-time': 'TIME_DESC',
  station: 'STATION',
  '-station': 'STATION_DESC',
} as const satisfies Record<string, MeasurementOrder>;

/** The path and query of `/air_quality` that answers a selection as CSV. */
export function measurementsUrl({
  stationIds,
  from,
  to,
  pollutants,
  comparisons,
  order,
}: MeasurementSelection): string {
  const query = new URLSearchParams();
  // No station is at the place that was asked for.
  if (stationIds?.length === 0) query.set('limit', '0');
  else if (stationIds !== null) query.set('id_entity', stationIds.join(','));
  if (from !== null) query.set('from', from.toISOString());
  if (to !== null) query.set('to', to.toISOString());
  for (const comparison of comparisons) query.append('where', comparisonText(comparison));
  if (pollutants.join() !== pollutantCodes.join()) query.set('pollutant', pollutants.join(','));
  const orderName = Object.entries(orderNames).find(([, value]) => value === order)?.[0];
  if (order !== 'TIME' && orderName !== undefined) query.set('order', orderName);
  return query.size === 0 ? '/air_quality.csv' : `/air_quality.csv?${query}`;
}
