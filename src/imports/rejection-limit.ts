import { GatewayError } from '../errors.ts';

/** How many lines may be rejected before nothing is loaded: so many, or a share of the lines such as `10%`. */
export type RejectionLimit = number | `${number}%`;

/** @throws GatewayError INVALID_ARGUMENT when it is neither a whole number nor 0% to 100%. */
export function parseRejectionLimit(text: string): RejectionLimit {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return `${Number(percent)}%`;
  throw new GatewayError('INVALID_ARGUMENT', `"${text}" is no limit for rejected lines.`, {
    field: 'maxRejects',
    hint: 'Accepted: a whole number of lines, or a share such as 10%.',
  });
}

export function isOverLimit(rejected: number, read: number, limit: RejectionLimit): boolean {
  return rejected > (typeof limit === 'number' ? limit : (read * Number.parseFloat(limit)) / 100);
}
