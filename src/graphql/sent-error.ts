import type { Request, Response } from 'express';
import { type GatewayError, publicError } from '../errors.ts';
import { logRequestError } from '../request-log.ts';

/** Answers a request that never became an operation, in the form that GraphQL clients read. */
export function sendGraphQLError(request: Request, response: Response, thrown: unknown): void {
  const error = publicError(thrown);
  if (error.code === 'INTERNAL') logRequestError(request, thrown, 'graphql request failed');
  const modern = /application\/graphql-response\+json/.test(request.get('accept') ?? '');
  response
    .status(error.status)
    .type(modern ? 'application/graphql-response+json' : 'application/json')
    .set('Cache-Control', 'no-store')
    .send(JSON.stringify({ errors: [graphqlError(error)] }));
}

/** An error of ours as it stands in `errors`. */
export function graphqlError({ message, code, field, hint }: GatewayError) {
  return {
    message,
    extensions: { code, ...(field !== undefined && { field }), ...(hint !== undefined && { hint }) },
  };
}
