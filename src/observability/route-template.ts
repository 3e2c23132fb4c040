import type { IncomingMessage } from 'node:http';

/**
 * The template of the route that answered a request, such as `/stations/:id`: what a client makes up is never in it.
 * @returns undefined when no route did
 */
export function routeTemplate(request: IncomingMessage): string | undefined {
  const { baseUrl = '', route } = request as { baseUrl?: string; route?: { path?: unknown } };
  // Without a route it is a mounted handler such as /graphql, in the letter case of the client, or nothing at all.
  return `${baseUrl.toLowerCase()}${typeof route?.path === 'string' ? route.path : ''}` || undefined;
}
