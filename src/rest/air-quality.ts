import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { orderNames } from '../measurements/measurements-url.ts';
import { pollutantCodes } from '../measurements/pollutants.ts';
import { type ResolverContext, resolveMeasurements } from '../measurements/resolve-measurements.ts';
import { mediaTypes, negotiateFormat } from './content-negotiation.ts';
import { list, parseQuery } from './query-parameters.ts';

const timeInstant = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true }), z.iso.date()], {
    error: 'is not a time instant',
  })
  .transform(
    (text) =>
      new Date(
        /\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/.test(text)
          ? text
          : `${text.length === 10 ? `${text}T00:00` : text}Z`,
      ),
  );

/** The query parameters of `/air_quality`. */
export const airQualityParameters = z.object({
  id_entity: list(z.string()).optional().describe('station ids, repeated or comma-separated, e.g. aq_salvia'),
  from: timeInstant
    .optional()
    .describe('first time instant, ISO 8601; without offset UTC, date alone midnight'),
  to: timeInstant.optional().describe('first time instant after the range, ISO 8601'),
  pollutant: list(z.enum(pollutantCodes))
    .optional()
    .describe(`any of ${pollutantCodes.join(', ')}`),
  order: z
    .enum(Object.keys(orderNames) as [keyof typeof orderNames])
    .default('time')
    .describe('time, -time or station'),
  limit: z.coerce.number().int().min(0).optional().describe('rows at most, a whole number'),
  after: z.string().optional().describe('a cursor from an earlier answer'),
  format: z.enum(['csv', 'json', 'ndjson']).optional().describe('csv, json or ndjson'),
});

/** `GET /air_quality`: measurements as CSV, JSON or NDJSON, streamed from the same resolver as GraphQL's. */
export function airQuality(context: ResolverContext): RequestHandler {
  return async (request, response) => {
    const parameters = parseQuery(request, airQualityParameters);
    const format = negotiateFormat(request, ['csv', 'json', 'ndjson'], parameters.format);
    const set = await resolveMeasurements(
      {
        where: {
          stationIds: parameters.id_entity,
          from: parameters.from,
          to: parameters.to,
          pollutants: parameters.pollutant,
        },
        orderBy: orderNames[parameters.order],
      },
      context,
    );
    const rows = await set.export({ format, limit: parameters.limit, after: parameters.after });
    response.set('Content-Type', `${mediaTypes[format]}; charset=utf-8`);
    await pipeline(rows, response).catch((error: NodeJS.ErrnoException) => {
      // The client has left; the pipeline has already cancelled the query.
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  };
}
