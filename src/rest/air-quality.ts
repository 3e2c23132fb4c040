import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import type { Cache } from '../cache/cache.ts';
import type { DatasetVersion } from '../database/dataset-version.ts';
import {
  type AirQualityParameters,
  airQualityArguments,
  airQualityParameters,
} from '../measurements/air-quality-parameters.ts';
import { type ExportFormat, isPage, type MeasurementExport } from '../measurements/export.ts';
import { type ResolverContext, resolveMeasurements } from '../measurements/resolve-measurements.ts';
import { type CachedPage, readCachedPage, recordPage } from './cached-page.ts';
import { answerNotModified, entityTag, hashOf } from './conditional-request.ts';
import { negotiateEncoding } from './content-encoding.ts';
import { contentType, formatParameter, negotiateFormat } from './content-negotiation.ts';
import { fileName } from './file-name.ts';
import { parseQuery } from './query-parameters.ts';
import { waiveSmallRequestPriority } from './small-request-priority.ts';

export interface AirQualityParts {
  readonly resolverContext: ResolverContext;
  readonly readVersion: () => Promise<DatasetVersion>;
  /** Of small answers. */
  readonly cache: Cache;
  /** Whether answers are for everybody, so that shared caches may keep them. */
  readonly open: boolean;
}

const formats = ['csv', 'json', 'ndjson', 'arrow', 'parquet'] as const satisfies readonly ExportFormat[];

/** The query parameters of `/air_quality`. */
export const airQualityQuery = airQualityParameters.extend({ format: formatParameter(formats) });

/** Answers of at most so many rows are kept in the cache. */
const cachedRowsMax = 1_000;
/** Shorter answers fit a packet or two as they are. */
const compressedLengthMin = 1_024;

/** `GET /air_quality`: measurements, streamed from the same resolver as GraphQL's, in the form that is asked for. */
export function airQuality({ resolverContext, readVersion, cache, open }: AirQualityParts): RequestHandler {
  return async (request, response) => {
    const { format, parameters, hash } = question(request);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    const version = await readVersion();
    const tag = entityTag(version, hash);
    if (answerNotModified(request, response, version, tag, open)) return;

    const isText = format !== 'arrow' && format !== 'parquet';
    const isSmall = isText && parameters.limit !== undefined && parameters.limit <= cachedRowsMax;
    const cached = isSmall ? await readCachedPage(cache, tag) : undefined;
    if (cached !== undefined) return sendCached(request, response, format, cached);

    const { measurements, rendering } = airQualityArguments(parameters);
    const set = await resolveMeasurements(measurements, resolverContext);
    const name = fileName(set.selection, format);
    setContentHeaders(response, format, name);
    if (request.method === 'HEAD') return void response.end();

    if (!isPage(rendering.limit, resolverContext.limits)) waiveSmallRequestPriority(request);
    const departure = new AbortController();
    response.once('close', () => departure.abort());
    const result = await set.export({ format, ...rendering, signal: departure.signal }).catch((error) => {
      removeContentHeaders(response);
      throw error;
    });
    if (result.next !== null) setNextLink(request, response, result.next);
    const record = isSmall ? [recordPage(cache, tag, { name, next: result.next })] : [];
    await send(request, response, result, record);
  };
}

interface Question {
  readonly format: (typeof formats)[number];
  readonly parameters: AirQualityParameters;
  readonly hash: string;
}

/** What was asked lately, so that asking the same again costs no parsing. */
const questions = new LRUCache<string, Question>({
  maxSize: 2_000_000,
  sizeCalculation: (_, key) => key.length + 500,
});

/** What a request asks. @throws GatewayError as parseQuery and negotiateFormat. */
function question(request: Request): Question {
  const key = `${request.headers.accept ?? ''} ${request.url}`;
  const known = questions.get(key);
  if (known !== undefined) return known;
  const { format: asked, ...parameters } = parseQuery(request, airQualityQuery);
  const format = negotiateFormat(request, formats, asked);
  const parsed = { format, parameters, hash: hashOf([format, parameters]) };
  questions.set(key, parsed);
  return parsed;
}

async function sendCached(
  request: Request,
  response: Response,
  format: ExportFormat,
  page: CachedPage,
): Promise<void> {
  setContentHeaders(response, format, page.name);
  response.setHeader('X-Cache', 'HIT');
  if (page.next !== null) setNextLink(request, response, page.next);
  const encoding = page.body.length < compressedLengthMin ? [] : negotiateEncoding(request, response);
  if (encoding.length > 0) return transfer([Readable.from([page.body]), ...encoding, response]);
  response.setHeader('Content-Length', Buffer.byteLength(page.body));
  response.end(page.body);
}

/**
 * Streams an export. Its rows are counted in a trailer, for those who check; when it fails half way the connection is
 * broken (problemHandler), so that no client takes the beginning for the whole.
 */
async function send(
  request: Request,
  response: Response,
  { stream, rowCount }: MeasurementExport,
  record: NodeJS.ReadWriteStream[],
): Promise<void> {
  if (request.httpVersionMajor === 1 && request.httpVersionMinor >= 1) {
    response.setHeader('Trailer', 'Row-Count');
    stream.once('end', () => response.addTrailers({ 'Row-Count': String(rowCount()) }));
  }
  await transfer([stream, ...record, ...negotiateEncoding(request, response), response]);
}

async function transfer(
  streams: (NodeJS.ReadableStream | NodeJS.WritableStream | NodeJS.ReadWriteStream)[],
): Promise<void> {
  try {
    await pipeline(streams);
  } catch (error) {
    // The client has left; the pipeline has cancelled the query.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function setContentHeaders(response: Response, format: ExportFormat, name: string): void {
  response.setHeader('Content-Type', contentType(format));
  // Programs and browsers show JSON; the others are files to keep.
  response.setHeader(
    'Content-Disposition',
    `${format === 'json' ? 'inline' : 'attachment'}; filename="${name}"`,
  );
}

/** What was said of an answer that there will not be must not be said of the problem in its place. */
function removeContentHeaders(response: Response): void {
  for (const name of ['Content-Disposition', 'ETag', 'Last-Modified']) response.removeHeader(name);
}

function setNextLink(request: Request, response: Response, cursor: string): void {
  const query = new URLSearchParams(request.originalUrl.split('?')[1]);
  query.set('after', cursor);
  response.setHeader('Link', `<${request.path}?${query}>; rel="next"`);
}
