import type { MeasurementSelection } from '../measurements/selection.ts';

/** A name that tells what is in a download: `air_quality_aq_salvia_2016-10-01_2016-10-02.csv`. */
export function fileName({ stationIds, from, to }: MeasurementSelection, extension: string): string {
  const day = (instant: Date | null) => instant?.toISOString().slice(0, 10) ?? '';
  const stations =
    stationIds === null ? '' : stationIds.length === 1 ? stationIds[0] : `${stationIds.length}_stations`;
  const range = from === null && to === null ? '' : `${day(from)}_${day(to)}`;
  // Station ids may have a colon, which file systems do not like.
  const parts = ['air_quality', stations, range].filter(Boolean).join('_').replaceAll(':', '-');
  return `${parts}.${extension}`;
}
