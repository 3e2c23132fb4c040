import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import { findStation, listStations, unknownStation } from '../stations/stations.ts';
import { mediaTypes, negotiateFormat } from './content-negotiation.ts';
import { csvTable } from './csv-table.ts';
import { parseQuery } from './query-parameters.ts';

const parameters = z.object({
  city: z.string().optional().describe('the name of a city'),
  format: z.enum(['json', 'csv']).optional().describe('json or csv'),
});

const csv = csvTable(['id', 'name', 'latitude', 'longitude', 'city', 'timezone']);

/** `GET /stations`: every station, JSON or CSV. */
export function stations({ database }: ResolverContext): RequestHandler {
  return async (request, response) => {
    const { city, format: asked } = parseQuery(request, parameters);
    const format = negotiateFormat(request, ['json', 'csv'], asked);
    const found = await listStations(database.prisma, { city });
    response.set('Content-Type', `${mediaTypes[format]}; charset=utf-8`);
    response.send(format === 'csv' ? csv(found) : JSON.stringify({ stations: found }));
  };
}

/** `GET /stations/{id}`. */
export function station({ database }: ResolverContext): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const found = await findStation(database.prisma, request.params.id);
    if (found === null) throw await unknownStation(database.prisma, request.params.id);
    response.json(found);
  };
}
