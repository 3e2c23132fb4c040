import type { GraphQLRequestContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { GraphQLContext } from './context.ts';

/** What Apollo Server gives to the executor of a gateway. */
interface GatewayRequest
  extends Pick<GraphQLRequestContext<GraphQLContext>, 'document' | 'request' | 'queryHash'> {
  readonly context: GraphQLContext;
}

/** Compiled operations that are kept. */
const compiledMax = 500;

/**
 * Executes operations as functions compiled once for each of them: for pages of many rows most of the time of graphql-js
 * goes into completing one field after the other.
 */
export function createCompiledExecutor(schema: GraphQLSchema) {
  const compiled = new LRUCache<string, CompiledQuery>({ max: compiledMax });

  return async ({ document, request, queryHash, context }: GatewayRequest): Promise<ExecutionResult> => {
    if (document === undefined) throw new Error('There is no document to execute.');
    const name = request.operationName ?? '';
    const key = `${queryHash} ${name}`;
    let query = compiled.get(key);
    if (query === undefined) {
      const result = compileQuery(schema, document, name, { customSerializers });
      // No operation of this name, or several without a name: an error of the request, as graphql-js reports it.
      if (!isCompiledQuery(result))
        return { errors: result.errors ?? [new GraphQLError('Cannot be executed.')] };
      query = result;
      compiled.set(key, query);
    }
    const result = await query.query(undefined, context, request.variables ?? {});
    return result.errors === undefined ? result : { ...result, errors: result.errors.map(completeError) };
  };
}

/** Errors of compiled operations lack what the rest of Apollo Server counts on: `extensions`, and a code for bad variables. */
function completeError({ message, path, locations, originalError, extensions }: GraphQLError): GraphQLError {
  const badVariable = path === undefined && message.startsWith('Variable "$');
  const error = new GraphQLError(message, {
    path,
    originalError,
    extensions: { ...(badVariable && { code: ApolloServerErrorCode.BAD_USER_INPUT }), ...extensions },
  });
  if (locations !== undefined)
    Object.defineProperty(error, 'locations', { value: locations, enumerable: true });
  return error;
}

/** PostgreSQL has written these as they are to be answered. */
const customSerializers = {
  DateTime: (value: unknown) => (value instanceof Date ? value.toISOString() : value),
  Float: (value: unknown) => value,
  ID: (value: unknown) => value,
  String: (value: unknown) => value,
};
