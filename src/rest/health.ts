import type { RequestHandler } from 'express';
import type { Database } from '../database/database.ts';
import { GatewayError } from '../errors.ts';

/** Whether this instance still takes new work; turned off when it begins to drain. */
export interface Readiness {
  accepting: boolean;
}

/** `GET /health/live`: the process answers. */
export const live: RequestHandler = (_request, response) => {
  response.set('Cache-Control', 'no-store').json({ status: 'live' });
};

/** `GET /health/ready`: the process takes requests and its database answers; 503 otherwise. Tells nothing else. */
export function ready({ pool }: Database, readiness: Readiness): RequestHandler {
  return async (_request, response) => {
    if (!readiness.accepting) throw new GatewayError('SHUTTING_DOWN', 'This instance is shutting down.');
    await pool.query('select 1 from dataset').catch(() => {
      throw new GatewayError('DATABASE_UNAVAILABLE', 'The database does not answer.');
    });
    response.set('Cache-Control', 'no-store').json({ status: 'ready' });
  };
}
