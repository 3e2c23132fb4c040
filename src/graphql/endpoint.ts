import { type ApolloServer, HeaderMap } from '@apollo/server';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { GatewayError } from '../errors.ts';
import { keyHolderOf } from '../rest/authorization.ts';
import { createGraphQLContext, type GraphQLContext, type GraphQLServices } from './context.ts';
import type { OperationLimits } from './limits/limits.ts';
import type { CachePlace, createResponseCache } from './response-cache.ts';
import { sendGraphQLError } from './sent-error.ts';
import { type SentOperation, type TrustedDocuments, trustedDocument } from './trusted-documents.ts';

export interface GraphQLEndpointParts {
  readonly server: ApolloServer<GraphQLContext>;
  readonly services: GraphQLServices;
  readonly limits: OperationLimits;
  readonly bodyBytesMax: number;
  readonly responseCache: ReturnType<typeof createResponseCache>;
  /** Only these documents are executed; undefined = any. */
  readonly trustedDocuments: TrustedDocuments | undefined;
  /** Answers requests for an event stream. */
  readonly eventStream: RequestHandler;
  /** Serves the explorer to browsers; undefined = there is none. */
  readonly explorer: RequestHandler | undefined;
}

/** `/graphql`: operations by GET and POST, subscriptions as an event stream, and the explorer for browsers. */
export function graphqlEndpoint(parts: GraphQLEndpointParts): Router {
  const router = Router();
  if (parts.explorer !== undefined) router.use(parts.explorer);
  router.use(express.raw({ type: () => true, limit: parts.bodyBytesMax }));
  router.use((request, response, next) => {
    if (request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream') {
      return parts.eventStream(request, response, next);
    }
    return answerOperation(parts, request, response);
  });
  router.use(((thrown, request, response, _next) => {
    sendGraphQLError(request, response, bodyError(thrown, parts.bodyBytesMax));
  }) as express.ErrorRequestHandler);
  return router;
}

async function answerOperation(
  parts: GraphQLEndpointParts,
  request: Request,
  response: Response,
): Promise<void> {
  const place = await placeInCache(parts, request);
  const cached = await place?.get();
  if (cached !== undefined) {
    response.setHeader('X-Cache', 'hit');
    response.setHeader('Age', String(cached.age));
    response.setHeader('Content-Type', cached.contentType);
    response.end(cached.body);
    return;
  }
  const context = createGraphQLContext(parts.services, keyHolderOf(request));
  const answer = await parts.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method,
      headers: headersOf(request),
      ...operationOf(parts, request),
    },
    context: async () => context,
  });
  if (answer.body.kind !== 'complete') throw new Error('Incremental delivery is not enabled.');
  const contentType = answer.headers.get('content-type') ?? 'application/json; charset=utf-8';
  // Clients that read `application/json` take any other status for a failure of something on the way (GraphQL over HTTP,
  // section "Status Codes").
  const faultyDocument = answer.status === 400 && context.answer.wellFormed;
  const status = faultyDocument && contentType.startsWith('application/json') ? 200 : (answer.status ?? 200);
  const complete = (answer.status ?? 200) === 200 && context.answer.cacheable;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader('X-Cache', place !== undefined && complete ? 'miss' : 'bypass');
  response.status(status).end(answer.body.string);
  if (complete) await place?.set(contentType, answer.body.string);
}

/** Only what cannot be a mutation by accident or need a check of its headers is looked up: POST with a JSON body. */
async function placeInCache(
  { responseCache }: GraphQLEndpointParts,
  request: Request,
): Promise<CachePlace | undefined> {
  if (request.method !== 'POST' || !isJson(request) || !Buffer.isBuffer(request.body)) return undefined;
  return responseCache({ body: request.body, accept: request.get('accept') ?? '' });
}

function isJson(request: Request): boolean {
  return /^application\/json\s*(;|$)/i.test(request.get('content-type') ?? '');
}

/** Body and query string as Apollo Server wants them. */
function operationOf(
  { trustedDocuments, limits }: GraphQLEndpointParts,
  request: Request,
): { readonly body: unknown; readonly search: string } {
  const { search, searchParams } = new URL(request.originalUrl, 'http://localhost');
  if (request.method === 'GET') {
    requireLength(searchParams.get('query'), limits);
    if (trustedDocuments === undefined) return { body: undefined, search };
    const extensions = searchParams.get('extensions');
    const sent = {
      query: searchParams.get('query') ?? undefined,
      documentId: searchParams.get('documentId') ?? undefined,
      extensions: extensions === null ? undefined : parseJson(Buffer.from(extensions)),
    };
    searchParams.set('query', trustedDocument(trustedDocuments, sent));
    searchParams.delete('extensions');
    return { body: undefined, search: `?${searchParams}` };
  }
  if (!isJson(request) || !Buffer.isBuffer(request.body)) return { body: undefined, search };
  const body = parseJson(request.body);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { body, search };
  const sent = body as SentOperation;
  requireLength(sent.query, limits);
  if (trustedDocuments === undefined) return { body, search };
  const { extensions: _, ...rest } = sent;
  return { body: { ...rest, query: trustedDocument(trustedDocuments, sent) }, search };
}

function requireLength(query: unknown, { documentLengthMax }: OperationLimits): void {
  if (typeof query !== 'string' || query.length <= documentLengthMax) return;
  const message = `The document has ${query.length} characters; ${documentLengthMax} are allowed.`;
  throw new GatewayError('DOCUMENT_TOO_LONG', message, { field: 'query', hint: 'Split it.' });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new GatewayError('INVALID_ARGUMENT', 'The body is not JSON in UTF-8.', {
      hint: 'E.g. {"query": "{ dataset { version } }"} with the header Content-Type: application/json.',
    });
  }
}

function headersOf(request: Request): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

/** The body parser's own errors carry a 4xx status. */
function bodyError(thrown: unknown, bodyBytesMax: number): unknown {
  const { status, message } = (thrown ?? {}) as { status?: unknown; message?: unknown };
  if (thrown instanceof GatewayError || typeof status !== 'number' || status >= 500) return thrown;
  if (status === 413) {
    const text = `The body has more than ${bodyBytesMax} bytes.`;
    return new GatewayError('BODY_TOO_LARGE', text, { hint: 'Load measurements with POST /air_quality.' });
  }
  return new GatewayError('INVALID_ARGUMENT', String(message));
}
