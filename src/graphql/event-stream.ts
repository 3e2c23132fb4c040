import type { RequestHandler } from 'express';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from 'graphql';
import type { RequestParams } from 'graphql-sse';
import { createHandler } from 'graphql-sse/lib/use/express';
import { GatewayError, publicError } from '../errors.ts';
import { keyHolderOf } from '../rest/authorization.ts';
import { createGraphQLContext, type GraphQLContext, type GraphQLServices } from './context.ts';
import { limitRules } from './limits/limit-rules.ts';
import type { OperationLimits } from './limits/limits.ts';
import { assertWithinLimits } from './limits/operation-limits.ts';
import { graphqlError } from './sent-error.ts';
import { type TrustedDocuments, trustedDocument } from './trusted-documents.ts';

export interface EventStreamParts {
  readonly schema: GraphQLSchema;
  readonly services: GraphQLServices;
  readonly limits: OperationLimits;
  readonly subscriptionsMax: number;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly formatError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

export interface EventStream {
  readonly handler: RequestHandler;
  /** Ends every open stream; clients connect again, to another replica. */
  endAll(): void;
}

/** Subscriptions as server-sent events, by the protocol of graphql-sse, one connection each. */
export function eventStream(parts: EventStreamParts): EventStream {
  const { subscriptionsMax } = parts;
  const open = new Set<Parameters<RequestHandler>[1]>();
  const handler = createHandler({
    schema: parts.schema,
    onSubscribe: ({ raw }, params) => {
      try {
        return prepare(parts, raw as Parameters<RequestHandler>[0], params) as never;
      } catch (error) {
        // What graphql-js finds fault with; ours goes to the error handler of the endpoint.
        if (!(error instanceof GraphQLError) || error.originalError !== undefined) throw unwrapped(error);
        const body = JSON.stringify({ errors: [parts.formatError(faultOf(error), error)] });
        return [
          body,
          { status: 400, statusText: 'Bad Request', headers: { 'content-type': 'application/json' } },
        ];
      }
    },
    subscribe: async (args) => formatted(parts, args as ExecutionArgs),
  });
  const answer: RequestHandler = async (request, response) => {
    if (open.size >= subscriptionsMax) {
      throw new GatewayError(
        'TOO_MANY_SUBSCRIPTIONS',
        `${subscriptionsMax} subscriptions are open already.`,
        {
          hint: 'Try again later.',
        },
      );
    }
    // The protocol's library takes the parsed body.
    if (Buffer.isBuffer(request.body) && request.body.length > 0)
      request.body = JSON.parse(request.body.toString());
    open.add(response);
    response.once('close', () => open.delete(response));
    await handler(request, response);
  };
  return {
    handler: answer,
    endAll() {
      for (const response of open) response.destroy();
    },
  };
}

/** Checks an operation as the executing endpoint does, and that it is a subscription. */
function prepare(
  { schema, services, limits, trustedDocuments }: EventStreamParts,
  request: Parameters<RequestHandler>[0],
  params: RequestParams,
): ExecutionArgs & { readonly contextValue: GraphQLContext } {
  const sent = trustedDocuments === undefined ? params.query : trustedDocument(trustedDocuments, params);
  const text = typeof sent === 'string' ? sent : '';
  if (text.length > limits.documentLengthMax) {
    const message = `The document has ${text.length} characters; ${limits.documentLengthMax} are allowed.`;
    throw new GatewayError('DOCUMENT_TOO_LONG', message, { field: 'query' });
  }
  const document = parse(text, { maxTokens: limits.tokensMax });
  const [fault] = validate(schema, document, [...specifiedRules, ...limitRules(limits)]);
  if (fault !== undefined) throw fault;
  const operation = getOperationAST(document, params.operationName ?? undefined);
  if (operation?.operation !== 'subscription') {
    throw new GatewayError('INVALID_ARGUMENT', 'Event streams are for subscriptions.', {
      field: 'query',
      hint: 'Send queries and mutations with Accept: application/json.',
    });
  }
  const variables = params.variables ?? {};
  assertWithinLimits({ schema, document, operation, variables }, limits);
  return {
    schema,
    document,
    operationName: params.operationName,
    variableValues: variables,
    contextValue: createGraphQLContext(services, keyHolderOf(request)),
  };
}

function unwrapped(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

/** With a code, as Apollo Server gives it to the faults of other operations. */
function faultOf(error: GraphQLError): GraphQLFormattedError {
  const code = error.message.startsWith('Syntax Error')
    ? 'GRAPHQL_PARSE_FAILED'
    : 'GRAPHQL_VALIDATION_FAILED';
  return { ...error.toJSON(), extensions: { code } };
}

/** The results of a subscription; what ends it early is its last one. */
async function formatted(
  { formatError }: EventStreamParts,
  args: ExecutionArgs,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const format = (result: ExecutionResult): ExecutionResult =>
    result.errors === undefined
      ? result
      : {
          ...result,
          errors: result.errors.map((error) => formatError(error.toJSON(), error) as GraphQLError),
        };
  const results = await subscribe(args);
  if (!(Symbol.asyncIterator in results)) return format(results);
  const generate = async function* () {
    try {
      for await (const result of results) yield format(result);
    } catch (error) {
      yield { errors: [graphqlError(publicError(error)) as unknown as GraphQLError] };
    }
  };
  const generator = generate();
  // A generator that waits in `for await` would not hear of its end before the next result.
  const ended = generator.return.bind(generator);
  generator.return = async (value) => {
    await results.return?.(undefined);
    return ended(value);
  };
  return generator;
}
