import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { type ErrorCode, errorCatalogue, GatewayError, publicError } from '../errors.ts';
import { logRequestError } from '../request-log.ts';

/** Path under which an error's `type` is explained. */
export const problemPath = (code: ErrorCode) => `/problems/${code.toLowerCase().replaceAll('_', '-')}`;

/** How REST spells the arguments that the domain and GraphQL name otherwise. */
const parameterNames: Record<string, string> = { stationIds: 'id_entity', pollutants: 'pollutant' };

/** Answers with RFC 9457 problem+json: type, title, status, detail, and our code, field, hint and request id. */
export function sendProblem(response: Response, error: GatewayError): void {
  response
    .status(error.status)
    .type('application/problem+json')
    .set('Cache-Control', 'no-store')
    .send(
      JSON.stringify({
        type: problemPath(error.code),
        title: errorCatalogue[error.code].title,
        status: error.status,
        detail: error.message,
        code: error.code,
        field: error.field === undefined ? undefined : (parameterNames[error.field] ?? error.field),
        hint: error.hint,
        requestId: response.req.id,
      }),
    );
}

/**
 * Last in the app: turns whatever a route threw into a problem. When the answer has begun there is no honest way to
 * say so in it, so the connection is broken instead and the client sees a failed transfer.
 */
export const problemHandler: ErrorRequestHandler = (thrown, request, response, _next) => {
  const error = fromHttpError(thrown) ?? publicError(thrown);
  if (error.status >= 500) logRequestError(request, thrown, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.status === 503) response.set('Retry-After', '5');
  sendProblem(response, error);
};

/** Errors of express' own body parsers and URL decoding carry a 4xx status. */
function fromHttpError(thrown: unknown): GatewayError | undefined {
  const { status, message } = (thrown ?? {}) as { status?: unknown; message?: unknown };
  if (thrown instanceof GatewayError || typeof status !== 'number' || status < 400 || status >= 500)
    return undefined;
  if (status === 413) return new GatewayError('BODY_TOO_LARGE', String(message));
  return new GatewayError('INVALID_ARGUMENT', String(message), { hint: 'Check the body and the address.' });
}

export const notFound: RequestHandler = (request) => {
  throw new GatewayError('NOT_FOUND', `There is nothing at ${request.path}.`, {
    hint: 'See / for what there is.',
  });
};

/** Explains an error type; the target of the `type` links. */
export const explainProblem: RequestHandler<{ name: string }> = (request, response, next) => {
  const code = (Object.keys(errorCatalogue) as ErrorCode[]).find(
    (candidate) => problemPath(candidate) === `/problems/${request.params.name}`,
  );
  if (code === undefined) return next();
  response.json({ type: problemPath(code), code, ...errorCatalogue[code] });
};
