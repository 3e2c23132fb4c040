import { randomUUID } from 'node:crypto';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError, publicError } from '../errors.ts';

/**
 * What a client sees of an error: those of the GraphQL layer (syntax, validation, variables) and ours as they are, with
 * `extensions.code`; anything else masked, with an id under which the log has the full error.
 */
export function createFormatError(logger: Logger) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const original = originalOf(thrown);
    const ours = original instanceof GatewayError ? original : tooManyTokens(formatted);
    // Apollo Server gives every error a code of its own that is not INTERNAL_SERVER_ERROR when it, or graphql-js, found
    // fault with the request.
    const faultyRequest = formatted.extensions?.code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR;
    if (faultyRequest && ours === undefined) return formatted;
    if (ours === undefined && isOfTheLibrary(thrown))
      return { ...formatted, extensions: { code: 'BAD_REQUEST' } };
    const shown = ours ?? publicError(original);
    let id: string | undefined;
    if (shown.code === 'INTERNAL' || ours === undefined) {
      id = randomUUID();
      logger.error({ err: original, errorId: id, path: formatted.path }, 'graphql request failed');
    }
    return {
      message: shown.message,
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
      extensions: {
        code: shown.code,
        ...(shown.field !== undefined && { field: shown.field }),
        ...(id !== undefined
          ? { id, hint: 'Tell the operator this id.' }
          : shown.hint !== undefined && { hint: shown.hint }),
      },
    };
  };
}

/** A fault that Apollo Server itself found and gave no code, such as a hash that belongs to another document. */
function isOfTheLibrary(thrown: unknown): boolean {
  return (
    thrown instanceof GraphQLError &&
    thrown.originalError === undefined &&
    thrown.path === undefined &&
    thrown.extensions.code === undefined
  );
}

/** What was thrown in the first place; every layer of GraphQL wraps it once more. */
function originalOf(thrown: unknown): unknown {
  let error = thrown;
  while (error instanceof GraphQLError && error.originalError !== undefined) error = error.originalError;
  return error;
}

/** The parser tells this limit by its message alone. */
function tooManyTokens({ message }: GraphQLFormattedError): GatewayError | undefined {
  const tokensMax = /Document contains more (?:than|that) (\d+) tokens/.exec(message)?.[1];
  if (tokensMax === undefined) return undefined;
  return new GatewayError('TOO_MANY_TOKENS', `The document has more than ${tokensMax} tokens.`, {
    hint: 'Split it.',
  });
}
