import type { Request } from 'express';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';

export const mediaTypes = {
  csv: 'text/csv',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  geojson: 'application/geo+json',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
} as const;

const binaryFormats: readonly Format[] = ['arrow', 'parquet'];

/** The `Content-Type` of a format. */
export function contentType(format: Format): string {
  return binaryFormats.includes(format) ? mediaTypes[format] : `${mediaTypes[format]}; charset=utf-8`;
}

export type Format = keyof typeof mediaTypes;

/** The query parameter `format` of a route that has these. */
export function formatParameter<Name extends Format>(names: readonly Name[]) {
  return z
    .string()
    .optional()
    .meta({
      description: `${names.join(', ')}; without it the suffix of the path or the Accept header decides`,
      examples: [...names].slice(1, 2),
    });
}

/**
 * The format of an answer: the suffix of the path, else `format`, else the `Accept` header, else the first of
 * `available`.
 * @throws GatewayError NOT_ACCEPTABLE naming what there is.
 */
export function negotiateFormat<Available extends Format>(
  request: Request,
  available: readonly [Available, ...Available[]],
  asked: string | undefined,
): Available {
  const wanted = (request.params as { format?: string }).format ?? asked;
  if (wanted !== undefined) {
    const format = available.find((candidate) => candidate === wanted);
    if (format === undefined) throw notAcceptable(wanted, available);
    return format;
  }
  const accepted = request.accepts(available.map((format) => mediaTypes[format]));
  const format = available.find((candidate) => mediaTypes[candidate] === accepted);
  if (format === undefined) throw notAcceptable(request.get('accept') ?? '', available);
  return format;
}

function notAcceptable(wanted: string, available: readonly Format[]): GatewayError {
  return new GatewayError('NOT_ACCEPTABLE', `${JSON.stringify(wanted)} is not available here.`, {
    field: 'format',
    hint: `Available: ${available.map((format) => `${format} (${mediaTypes[format]})`).join(', ')}.`,
  });
}
