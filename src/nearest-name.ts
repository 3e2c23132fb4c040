import { closest, distance } from 'fastest-levenshtein';

/** The known name a mistyped one was probably meant to be, or undefined when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(given, known);
  return distance(given, nearest) <= Math.max(2, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
