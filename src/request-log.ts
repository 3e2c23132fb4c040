import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';

declare global {
  namespace Express {
    interface Request {
      /** Also in the answer (X-Request-Id) and in every log line about the request. */
      id: string;
    }
  }
}

const requestIdForm = /^[A-Za-z0-9._-]{1,64}$/;
const loggers = new WeakMap<Request, Logger>();

/**
 * One log line a request, when it is over. Its id is the caller's X-Request-Id when that is harmless, else a new one; the
 * answer carries it. The query string is logged, headers are not.
 */
export function requestLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const given = request.headers['x-request-id'];
    request.id = typeof given === 'string' && requestIdForm.test(given) ? given : randomUUID();
    response.setHeader('X-Request-Id', request.id);
    loggers.set(request, logger);
    // Probes come every few seconds and say nothing when all is well.
    if (!request.path.startsWith('/health/')) {
      const started = performance.now();
      response.once('close', () => logEnd(logger, request, response, performance.now() - started));
    }
    next();
  };
}

/** Logs what failed inside while a request was answered; its client sees the id only. */
export function logRequestError(request: Request, thrown: unknown, message: string): void {
  loggers.get(request)?.error({ req: summary(request), err: thrown }, message);
}

function logEnd(logger: Logger, request: Request, response: Response, milliseconds: number): void {
  const { statusCode, writableFinished } = response;
  const level = statusCode >= 500 ? 'error' : statusCode >= 400 || !writableFinished ? 'warn' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const line = {
    req: summary(request),
    res: { statusCode },
    responseTime: Math.round(milliseconds * 10) / 10,
  };
  logger[level](line, writableFinished ? 'request completed' : 'request aborted');
}

const summary = ({ id, method, originalUrl }: Request) => ({ id, method, url: originalUrl });
