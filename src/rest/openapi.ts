import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { errorCatalogue } from '../errors.ts';
import { airQualityQuery } from './air-quality.ts';
import { type Format, mediaTypes } from './content-negotiation.ts';
import { latestQuery } from './latest.ts';
import { importBodyTypes, importParameters } from './post-air-quality.ts';
import { stationsQuery } from './stations.ts';

const { version, description, license } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string; description: string; license: string };

interface Operation {
  readonly path: string;
  readonly tag: 'measurements' | 'stations' | 'loading';
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly formats: readonly Format[];
  readonly errors: readonly number[];
}

const operations: readonly Operation[] = [
  {
    path: '/air_quality',
    tag: 'measurements',
    summary:
      'Measurements: raw, averaged over periods, or with air quality indices. Complete, in a stated order, streamed.',
    query: airQualityQuery,
    formats: ['csv', 'json', 'ndjson', 'arrow', 'parquet'],
    errors: [400, 404, 406, 503],
  },
  {
    path: '/air_quality/latest',
    tag: 'measurements',
    summary: 'The newest measurement of each station and its age.',
    query: latestQuery,
    formats: ['json', 'csv', 'geojson'],
    errors: [400, 404, 406],
  },
  {
    path: '/stations',
    tag: 'stations',
    summary: 'Stations, in the order of their ids.',
    query: stationsQuery,
    formats: ['json', 'csv', 'geojson'],
    errors: [400, 406],
  },
  { path: '/stations/{id}', tag: 'stations', summary: 'One station.', formats: ['json'], errors: [404] },
  {
    path: '/pollutants',
    tag: 'measurements',
    summary: 'What is measured, with names and units.',
    formats: ['json'],
    errors: [],
  },
  { path: '/imports', tag: 'loading', summary: 'The ledger of loads.', formats: ['json'], errors: [] },
];

/** The OpenAPI 3.1 description of the REST interface, made from the schemas that validate its requests. */
export function openApiDocument() {
  return {
    openapi: '3.1.0',
    info: { title: 'measurement-app', version, description, license: { name: license, identifier: license } },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(
      operations.map((operation) => [
        operation.path,
        { get: describe(operation), ...(operation.path === '/air_quality' && { post: describeImport() }) },
      ]),
    ),
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function describe({ path, tag, summary, query, formats, errors }: Operation) {
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
  return {
    operationId: path.replaceAll(/[{}]/g, '').split('/').filter(Boolean).join('_'),
    tags: [tag],
    summary,
    parameters: [...inPath, ...(query === undefined ? [] : queryParameters(query))],
    responses: {
      200: { description: summary, content },
      ...problems(errors),
    },
  };
}

function describeImport() {
  const content = Object.fromEntries(importBodyTypes.map((type) => [type, { schema: { type: 'string' } }]));
  return {
    operationId: 'import_air_quality',
    tags: ['loading'],
    summary:
      'Loads measurements, all or nothing; answers with the entry of the ledger. Needs a key with the scope write.',
    security: [{ apiKey: [] }],
    parameters: queryParameters(importParameters),
    requestBody: { required: true, content },
    responses: {
      200: { description: 'Nothing had to be stored: loaded before, or a dry run.' },
      201: { description: 'Loaded.' },
      ...problems([400, 401, 403, 409, 415, 422, 429, 503]),
    },
  };
}

const problems = (statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titlesOf(status),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );

function queryParameters(query: z.ZodObject) {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const { description: _, examples: __, list, ...schema } = property as Record<string, unknown>;
    // Read from the schema itself: JSON Schema has no place for the examples of what is transformed.
    const { description, examples } = described(query.shape[name] as z.ZodType);
    return {
      name,
      in: 'query',
      required: false,
      description,
      ...(examples[0] !== undefined && { example: examples[0] }),
      ...(list === true && { style: 'form', explode: true }),
      schema,
    };
  });
}

/** What the schema of a parameter says for people. */
export function described(schema: z.ZodType): {
  readonly description: string;
  readonly examples: readonly string[];
} {
  const { description = '', examples = [] } = schema.meta() ?? {};
  return { description, examples: examples as string[] };
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
