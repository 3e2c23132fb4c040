import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLContext } from './context.ts';

/** Marks what must not be given again: anything but a query, and anything with an error. */
export function cacheableAnswers(): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ operation, errors, contextValue }) {
          if (operation?.operation !== 'query' || errors !== undefined) contextValue.answer.cacheable = false;
        },
      };
    },
  };
}
