import type { ApolloServerPlugin } from '@apollo/server';
import { metrics, trace } from '@opentelemetry/api';

const meter = metrics.getMeter('measurement-app/graphql');

const duration = meter.createHistogram('measurement_app.graphql.operation.duration', {
  unit: 's',
  description: 'Time to answer a GraphQL operation',
  advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
});

/** Names come from clients; this many become time series of their own, any further one is `_OTHER`. */
const namesMax = 100;

/**
 * Rate, errors and duration of GraphQL by operation, and the operation on the span of the request. Answers from the cache
 * are not executed and do not come here: they count under the route `/graphql`.
 */
export function operationTelemetry(): ApolloServerPlugin {
  const names = new Set<string>();
  const bounded = (name: string) => {
    if (names.size < namesMax) names.add(name);
    return names.has(name) ? name : '_OTHER';
  };
  return {
    async requestDidStart() {
      const started = performance.now();
      const span = trace.getActiveSpan();
      return {
        async didResolveOperation({ operation, operationName }) {
          if (operation === undefined) return;
          span?.updateName(`${operation.operation} ${operationName ?? ''}`.trim());
          span?.setAttribute('graphql.operation.type', operation.operation);
          if (operationName) span?.setAttribute('graphql.operation.name', operationName);
        },
        async willSendResponse({ operation, operationName, response: { body } }) {
          // As the client gets it: `errors` of the context have not been given their codes yet.
          const code = body.kind === 'single' ? body.singleResult.errors?.[0]?.extensions?.code : undefined;
          duration.record((performance.now() - started) / 1_000, {
            // Undefined when the document could not be parsed or validated.
            'graphql.operation.type': operation?.operation ?? 'unknown',
            'graphql.operation.name':
              operation === undefined ? 'unknown' : bounded(operationName ?? 'anonymous'),
            ...(code !== undefined && { 'error.type': String(code) }),
          });
        },
      };
    },
  };
}
