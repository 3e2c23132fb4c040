import type { Caches } from '../cache/caches.ts';
import type { Notifications } from '../database/notifications.ts';
import type { ImportAccess } from '../imports/import-slots.ts';
import type { KeyHolder } from '../keys/api-keys.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What GraphQL resolvers share within the process. */
export interface GraphQLServices extends ResolverContext {
  readonly importAccess: ImportAccess;
  readonly caches: Caches;
  readonly notifications: Notifications;
}

/** What GraphQL resolvers share within one request. */
export interface GraphQLContext extends GraphQLServices {
  /** Who asks, when they sent a valid API key. */
  readonly keyHolder: KeyHolder | undefined;
  readonly loaders: Loaders;
  readonly answer: {
    /** Whether it may be given again while the dataset version is the same; resolvers and plugins can only deny it. */
    cacheable: boolean;
    /** Whether the request was one of GraphQL over HTTP, whatever was wrong with its document. */
    wellFormed: boolean;
  };
}

export function createGraphQLContext(
  services: GraphQLServices,
  keyHolder: KeyHolder | undefined,
): GraphQLContext {
  return {
    ...services,
    keyHolder,
    loaders: createLoaders(services),
    answer: { cacheable: true, wellFormed: false },
  };
}
