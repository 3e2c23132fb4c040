import type { RequestHandler } from 'express';
import { z } from 'zod';
import { readLatest } from '../measurements/latest.ts';
import type { Measurement } from '../measurements/measurement.ts';
import { pollutantCodes } from '../measurements/pollutants.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import { list } from '../measurements/text-list.ts';
import { listStations, type Station } from '../stations/stations.ts';
import { contentType, formatParameter, negotiateFormat } from './content-negotiation.ts';
import { csvTable } from './csv-table.ts';
import { stationFeatures } from './geojson.ts';
import { parseQuery } from './query-parameters.ts';

const formats = ['json', 'csv', 'geojson'] as const;

/** The query parameters of `/air_quality/latest`. */
export const latestQuery = z.object({
  id_entity: list(z.string()).optional().describe('station ids, repeated or comma-separated, e.g. aq_salvia'),
  format: formatParameter(formats),
});

const csv = csvTable(['TimeInstant', 'id_entity', ...pollutantCodes, 'age_seconds']);

/** `GET /air_quality/latest`: the newest measurement of each station and its age, so that no one takes old for new. */
export function latest({ database }: ResolverContext): RequestHandler {
  return async (request, response) => {
    const { id_entity, format: asked } = parseQuery(request, latestQuery);
    const format = negotiateFormat(request, formats, asked);
    const now = Date.now();
    const rows = (await readLatest(database, id_entity ?? null)).map((measurement) =>
      latestRow(measurement, now),
    );
    response.set('Content-Type', contentType(format));
    if (format === 'csv') response.send(csv(rows));
    else if (format === 'json') response.send(JSON.stringify({ measurements: rows }));
    else response.send(JSON.stringify(latestFeatures(rows, await listStations(database.prisma))));
  };
}

function latestFeatures(rows: readonly ReturnType<typeof latestRow>[], stations: readonly Station[]) {
  const byStation = new Map(rows.map(({ id_entity, ...values }) => [id_entity, values]));
  return stationFeatures(stations, ({ id, name }) => {
    const values = byStation.get(id);
    return values && { name, ...values };
  });
}

function latestRow({ timeInstant, stationId, ...values }: Measurement, now: number) {
  return {
    TimeInstant: timeInstant,
    id_entity: stationId,
    ...values,
    age_seconds: Math.round((now - Date.parse(timeInstant)) / 1000),
  };
}
