import { stationIdForm } from '../measurements/selection.ts';

/** What an id of `Query.node` names. */
export type NodeKey =
  | { readonly kind: 'station'; readonly stationId: string }
  | { readonly kind: 'measurement'; readonly stationId: string; readonly timeInstant: Date };

/**
 * Ids are readable: a station's is its own, a measurement's is `<station>@<time instant>`. `@` is in no station id, so that
 * no two of them are the same. @returns undefined when nothing can have this id
 */
export function parseNodeId(id: string): NodeKey | undefined {
  const [stationId = '', time, ...rest] = id.split('@');
  if (!stationIdForm.test(stationId) || rest.length > 0) return undefined;
  if (time === undefined) return { kind: 'station', stationId };
  const timeInstant = new Date(time);
  if (Number.isNaN(timeInstant.getTime()) || timeInstant.toISOString() !== time) return undefined;
  return { kind: 'measurement', stationId, timeInstant };
}

export function measurementNodeId({
  stationId,
  timeInstant,
}: {
  readonly stationId: string;
  readonly timeInstant: string;
}): string {
  return `${stationId}@${timeInstant}`;
}
