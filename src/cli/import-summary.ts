import type { ImportResult } from '../imports/import-measurements.ts';

/** One sentence on what an import did, for people. */
export function describeImport(result: ImportResult): string {
  if (result.outcome === 'known') {
    return `${result.source}: loaded before as import ${result.id} on ${result.finishedAt.toISOString()}; nothing done. --again loads it once more.`;
  }
  const seconds = (result.finishedAt.getTime() - result.startedAt.getTime()) / 1000;
  const counts = [
    `${count(result.inserted)} new`,
    `${count(result.updated)} updated`,
    `${count(result.unchanged)} unchanged`,
    `${count(result.rejected)} rejected`,
  ];
  const range =
    result.firstTimeInstant === null
      ? ''
      : `, ${result.firstTimeInstant.toISOString()} to ${result.lastTimeInstant?.toISOString()}`;
  const end =
    result.outcome === 'checked'
      ? 'would be the outcome'
      : `in ${seconds.toFixed(1)} s (import ${result.id})`;
  return `${result.source}: ${count(result.read)} lines${range}: ${counts.join(', ')} ${end}.`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
