import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { errorCatalogue } from '../errors.ts';
import { airQualityQuery } from './air-quality.ts';
import { type Format, mediaTypes } from './content-negotiation.ts';
import { latestQuery } from './latest.ts';
import { stationsQuery } from './stations.ts';

const { version, description, license } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string; description: string; license: string };

interface Operation {
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly formats: readonly Format[];
  readonly errors: readonly number[];
}

const operations: readonly Operation[] = [
  {
    path: '/air_quality',
    summary:
      'Measurements: raw, averaged over periods, or with air quality indices. Complete, in a stated order, streamed.',
    query: airQualityQuery,
    formats: ['csv', 'json', 'ndjson', 'arrow', 'parquet'],
    errors: [400, 404, 406, 503],
  },
  {
    path: '/air_quality/latest',
    summary: 'The newest measurement of each station and its age.',
    query: latestQuery,
    formats: ['json', 'csv', 'geojson'],
    errors: [400, 404, 406],
  },
  {
    path: '/stations',
    summary: 'Stations, in the order of their ids.',
    query: stationsQuery,
    formats: ['json', 'csv', 'geojson'],
    errors: [400, 406],
  },
  { path: '/stations/{id}', summary: 'One station.', formats: ['json'], errors: [404] },
  { path: '/pollutants', summary: 'What is measured, with names and units.', formats: ['json'], errors: [] },
  { path: '/imports', summary: 'The ledger of loads.', formats: ['json'], errors: [] },
];

/** The OpenAPI 3.1 description of the REST interface, made from the schemas that validate its requests. */
export function openApiDocument() {
  return {
    openapi: '3.1.0',
    info: { title: 'measurement-app', version, description, license: { name: license, identifier: license } },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(operations.map((operation) => [operation.path, { get: describe(operation) }])),
    components: { schemas: { Problem: problemSchema } },
  };
}

function describe({ path, summary, query, formats, errors }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const content = Object.fromEntries(
    formats.map((format) => [
      mediaTypes[format],
      { schema: { type: format === 'json' || format === 'geojson' ? 'object' : 'string' } },
    ]),
  );
  const problem = {
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    operationId: path.replaceAll(/[{}]/g, '').split('/').filter(Boolean).join('_'),
    summary,
    parameters: [...inPath, ...(query === undefined ? [] : queryParameters(query))],
    responses: {
      200: { description: summary, content },
      ...Object.fromEntries(errors.map((status) => [status, { description: titlesOf(status), ...problem }])),
    },
  };
}

function queryParameters(query: z.ZodObject) {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, examples, list, ...schema } = property as Record<string, unknown>;
    return {
      name,
      in: 'query',
      required: false,
      description,
      ...(Array.isArray(examples) && examples.length > 0 && { example: examples[0] }),
      ...(list === true && { style: 'form', explode: true }),
      schema,
    };
  });
}

const titlesOf = (status: number) =>
  Object.values(errorCatalogue)
    .filter((entry) => entry.status === status)
    .map(({ title }) => title)
    .join('; ');

/** RFC 9457, section 3.1, with our extension members. */
const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorCatalogue) },
    field: { type: 'string', description: 'The parameter or column that is wrong.' },
    hint: { type: 'string', description: 'What to do next, or what is accepted.' },
    requestId: { type: 'string' },
  },
};

/** `GET /openapi.json`. */
export function openApi(): RequestHandler {
  const document = JSON.stringify(openApiDocument());
  return (_request, response) => void response.type('json').send(document);
}
