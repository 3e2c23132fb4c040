import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import { findStation, listStations, type Station, unknownStation } from '../stations/stations.ts';
import { contentType, formatParameter, negotiateFormat } from './content-negotiation.ts';
import { csvTable } from './csv-table.ts';
import { stationFeatures } from './geojson.ts';
import { parseQuery } from './query-parameters.ts';

const formats = ['json', 'csv', 'geojson'] as const;

/** The query parameters of `/stations`. */
export const stationsQuery = z.object({
  city: z.string().optional().describe('the name of a city'),
  format: formatParameter(formats),
});

const csv = csvTable(['id', 'name', 'latitude', 'longitude', 'city', 'timezone']);

/** `GET /stations`: every station. */
export function stations({ database }: ResolverContext): RequestHandler {
  return async (request, response) => {
    const { city, format: asked } = parseQuery(request, stationsQuery);
    const format = negotiateFormat(request, formats, asked);
    const found = await listStations(database.prisma, { city });
    response.set('Content-Type', contentType(format));
    response.send(render(found, format));
  };
}

function render(found: readonly Station[], format: (typeof formats)[number]): string {
  switch (format) {
    case 'csv':
      return csv(found);
    case 'json':
      return JSON.stringify({ stations: found });
    case 'geojson':
      return JSON.stringify(stationFeatures(found, ({ name, city, timezone }) => ({ name, city, timezone })));
  }
}

/** `GET /stations/{id}`. */
export function station({ database }: ResolverContext): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const found = await findStation(database.prisma, request.params.id);
    if (found === null) throw await unknownStation(database.prisma, request.params.id);
    response.json(found);
  };
}
