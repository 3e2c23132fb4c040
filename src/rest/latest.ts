import type { RequestHandler } from 'express';
import { z } from 'zod';
import { readLatest } from '../measurements/latest.ts';
import type { Measurement } from '../measurements/measurement.ts';
import { pollutantCodes } from '../measurements/pollutants.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import { mediaTypes, negotiateFormat } from './content-negotiation.ts';
import { csvTable } from './csv-table.ts';
import { list, parseQuery } from './query-parameters.ts';

const parameters = z.object({
  id_entity: list(z.string()).optional().describe('station ids, repeated or comma-separated, e.g. aq_salvia'),
  format: z.enum(['json', 'csv']).optional().describe('json or csv'),
});

const csv = csvTable(['TimeInstant', 'id_entity', ...pollutantCodes, 'age_seconds']);

/** `GET /air_quality/latest`: the newest measurement of each station and its age, so that no one takes old for new. */
export function latest({ database }: ResolverContext): RequestHandler {
  return async (request, response) => {
    const { id_entity, format: asked } = parseQuery(request, parameters);
    const format = negotiateFormat(request, ['json', 'csv'], asked);
    const now = Date.now();
    const rows = (await readLatest(database, id_entity ?? null)).map((measurement) =>
      latestRow(measurement, now),
    );
    response.set('Content-Type', `${mediaTypes[format]}; charset=utf-8`);
    response.send(format === 'csv' ? csv(rows) : JSON.stringify({ measurements: rows }));
  };
}

function latestRow({ timeInstant, stationId, ...values }: Measurement, now: number) {
  return {
    TimeInstant: timeInstant,
    id_entity: stationId,
    ...values,
    age_seconds: Math.round((now - Date.parse(timeInstant)) / 1000),
  };
}
