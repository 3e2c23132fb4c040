import type { RequestHandler } from 'express';
import { rateLimit as expressRateLimit, ipKeyGenerator, type Store } from 'express-rate-limit';
import { GatewayError } from '../errors.ts';
import { keyHolderOf } from './authorization.ts';

/**
 * Limits requests a minute, for each API key and for each address (IPv6: /56 network) without a valid one. Says where a client stands
 * in the standard `RateLimit` and `RateLimit-Policy` headers. A store that fails lets requests pass: being reachable comes
 * before counting.
 * @param store shared between replicas; in the memory of this process by default.
 */
export function rateLimit(perMinute: number, store?: Store): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  return expressRateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    passOnStoreError: true,
    identifier: 'requests',
    ...(store && { store }),
    keyGenerator: (request) => keyHolderOf(request)?.prefix ?? ipKeyGenerator(request.ip ?? ''),
    handler: (_request, _response, next) =>
      next(
        new GatewayError('RATE_LIMITED', `More than ${perMinute} requests in a minute.`, {
          hint: 'Wait as long as the Retry-After header says.',
        }),
      ),
  });
}
