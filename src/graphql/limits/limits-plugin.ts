import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLContext } from '../context.ts';
import type { OperationLimits } from './limits.ts';
import { assertWithinLimits } from './operation-limits.ts';

/** Checks each operation when it is known and before it is executed. */
export function limitsPlugin(limits: OperationLimits): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          if (operation === undefined) return;
          assertWithinLimits({ schema, document, operation, variables: request.variables ?? {} }, limits);
        },
      };
    },
  };
}
