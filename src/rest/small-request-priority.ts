import type { Request, RequestHandler } from 'express';
import { holdExportsBack } from '../measurements/export-turns.ts';

const held = new WeakMap<Request, () => void>();

/** Lets every request go before running exports, until it is answered or known to be an export itself. */
export const smallRequestPriority: RequestHandler = (request, response, next) => {
  const release = holdExportsBack();
  held.set(request, release);
  // Log, metrics, streams and this all wait for the end of an answer; more than ten of them are no leak.
  response.setMaxListeners(20);
  response.once('close', release);
  next();
};

/** For a request that streams as much as it likes. */
export function waiveSmallRequestPriority(request: Request): void {
  held.get(request)?.();
}
