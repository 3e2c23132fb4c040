import { unwrapResolverError } from '@apollo/server/errors';
import { type GraphQLError, GraphQLError as GraphQLErrorClass, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError, publicError } from '../errors.ts';

/**
 * What a client sees of an error: those of the GraphQL layer (syntax, validation, variables) and ours as they are, with
 * `extensions.code`; anything else masked, with the full error in the log.
 */
export function createFormatError(logger: Logger) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(thrown);
    if (original === thrown && isRequestError(thrown)) return withoutStacktrace(formatted);
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

/** An error that graphql-js or Apollo Server itself raised about the request, not one a resolver threw. */
function isRequestError(thrown: unknown): thrown is GraphQLError {
  return thrown instanceof GraphQLErrorClass && thrown.originalError === undefined;
}

function withoutStacktrace({ extensions, ...rest }: GraphQLFormattedError): GraphQLFormattedError {
  const { stacktrace: _, ...kept } = extensions ?? {};
  return { ...rest, extensions: kept };
}
