import type { ImportResult } from '../imports/import-measurements.ts';

/** One sentence on what an import did, for people. */
export function describeImport(result: ImportResult): string {
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
  return `${result.source}: ${count(result.read)} measurements${range}: ${counts.join(', ')} in ${seconds.toFixed(1)} s (import ${result.id}).`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
