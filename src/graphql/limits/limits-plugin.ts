import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { GatewayError } from '../../errors.ts';
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
          try {
            assertWithinLimits({ schema, document, operation, variables: request.variables ?? {} }, limits);
          } catch (error) {
            if (!(error instanceof GatewayError)) throw error;
            // Without a status Apollo Server takes what a plugin throws for a failure of the server.
            const extensions = { http: { status: error.status } };
            throw new GraphQLError(error.message, { originalError: error, extensions });
          }
        },
      };
    },
  };
}
