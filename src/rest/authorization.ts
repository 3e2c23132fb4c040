import type { Request, RequestHandler } from 'express';
import type { Database } from '../database/database.ts';
import { GatewayError } from '../errors.ts';
import { findKeyHolder, hasScope, type KeyHolder, type Scope } from '../keys/api-keys.ts';

const holders = new WeakMap<Request, KeyHolder | 'unknown'>();

/**
 * Reads who a request comes from: `Authorization: Bearer KEY`. Refuses nobody, so that what comes next may count the attempt
 * (rate-limit.ts); `refuseUnknownKeys` does.
 */
export function identify({ prisma }: Pick<Database, 'prisma'>): RequestHandler {
  return async (request, _response, next) => {
    const header = request.get('authorization');
    if (header !== undefined) {
      const key = /^Bearer (\S+)$/i.exec(header.trim())?.[1];
      holders.set(request, (key && (await findKeyHolder(prisma, key))) || 'unknown');
    }
    next();
  };
}

/** A key that is given must be right, even where none is needed: its owner believes it counts. */
export const refuseUnknownKeys: RequestHandler = (request, response, next) => {
  if (holders.get(request) !== 'unknown') return next();
  response.set('WWW-Authenticate', 'Bearer realm="measurement-app", error="invalid_token"');
  throw new GatewayError('UNAUTHENTICATED', 'The API key is unknown or revoked.', {
    hint: 'Send it as `Authorization: Bearer KEY`; `measurement-app keys create` makes one.',
  });
};

/** Lets only holders of a key with this scope pass. */
export function requireScope(scope: Scope): RequestHandler {
  return (request, response, next) => {
    const holder = keyHolderOf(request);
    if (holder === undefined) response.set('WWW-Authenticate', 'Bearer realm="measurement-app"');
    assertScope(holder, scope);
    next();
  };
}

/** @throws GatewayError UNAUTHENTICATED without a key, FORBIDDEN with one that has not this scope. */
export function assertScope(holder: KeyHolder | undefined, scope: Scope): asserts holder is KeyHolder {
  if (holder === undefined) {
    throw new GatewayError('UNAUTHENTICATED', `This needs an API key with the scope \`${scope}\`.`, {
      hint: 'Send it as `Authorization: Bearer KEY`; `measurement-app keys create` makes one.',
    });
  }
  if (!hasScope(holder, scope)) {
    throw new GatewayError('FORBIDDEN', `The API key ${holder.prefix} has no scope \`${scope}\`.`, {
      hint: `It has: ${holder.scopes.join(', ')}.`,
    });
  }
}

export function keyHolderOf(request: Request): KeyHolder | undefined {
  const holder = holders.get(request);
  return holder === 'unknown' ? undefined : holder;
}
