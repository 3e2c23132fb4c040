import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLContext } from './context.ts';

/** Marks requests that have a document, and what must not be given again: anything but a query, and anything with an error. */
export function markAnswers(): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveSource({ contextValue }) {
          contextValue.answer.wellFormed = true;
        },
        async willSendResponse({ operation, errors, contextValue }) {
          if (operation?.operation !== 'query' || errors !== undefined) contextValue.answer.cacheable = false;
        },
      };
    },
  };
}
