import { ApolloServerErrorCode, unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError, publicError } from '../errors.ts';

/**
 * What a client sees of an error: those of the GraphQL layer (syntax, validation, variables) and ours as they are, with
 * `extensions.code`; anything else masked, with the full error in the log.
 */
export function createFormatError(logger: Logger) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(thrown);
    // Apollo Server gives every error a code of its own that is not INTERNAL_SERVER_ERROR when it, or graphql-js, found
    // fault with the request.
    const faultyRequest = formatted.extensions?.code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR;
    if (faultyRequest && !(original instanceof GatewayError)) return formatted;
    const shown = publicError(original);
    if (!(original instanceof GatewayError)) logger.error({ err: original }, 'graphql request failed');
    return {
      message: shown.message,
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
      extensions: {
        code: shown.code,
        ...(shown.field !== undefined && { field: shown.field }),
        ...(shown.hint !== undefined && { hint: shown.hint }),
      },
    };
  };
}
