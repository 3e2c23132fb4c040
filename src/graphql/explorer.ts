import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type RequestHandler, Router } from 'express';
import { pageSecurity } from '../security-headers.ts';

/** The files that GraphiQL is made of, by name; from the npm package, so that nothing is fetched from another host. */
const files = {
  'graphiql.js': ['js', 'text/javascript'],
  'graphiql.css': ['css', 'text/css'],
  'editor.worker.js': ['editorWorkerService', 'text/javascript'],
  'json.worker.js': ['jsonWorker', 'text/javascript'],
  'graphql.worker.js': ['graphqlWorker', 'text/javascript'],
} as const;

/** Inline styles are how the editor positions its text; everything else comes from here and only from here. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
  "object-src 'none'",
].join('; ');

const compress = promisify(gzip);

/** GraphiQL for browsers that open `/graphql`; other requests pass. The files are read when they are first asked for. */
export function explorer(): RequestHandler {
  const page = readFileSync(resolve(import.meta.dirname, 'explorer/explorer.html'));
  const start = readFileSync(resolve(import.meta.dirname, 'explorer/explorer.js'));
  const compressed = new Map<string, Promise<Buffer>>();
  const router = Router();

  router.get('/', (request, response, next) => {
    const wanted = request.accepts(['application/json', 'text/html']) === 'text/html';
    if (!wanted || 'query' in request.query || 'extensions' in request.query) return next();
    pageSecurity(request, response, () => {
      response.set('Content-Security-Policy', contentSecurityPolicy).type('html').send(page);
    });
  });

  router.get('/explorer/explorer.js', (_request, response) => {
    response.type('text/javascript').set('Cache-Control', 'no-cache').send(start);
  });

  router.get('/explorer/:file', async (request, response, next) => {
    const name = request.params.file as keyof typeof files;
    if (!Object.hasOwn(files, name)) return next();
    const [part, type] = files[name];
    let body = compressed.get(name);
    if (body === undefined) {
      body = import('@graphql-yoga/render-graphiql/graphiql').then((parts) => compress(parts[part]));
      compressed.set(name, body);
    }
    response.set({
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Encoding': 'gzip',
      'Cache-Control': 'public, max-age=86400',
    });
    response.end(await body);
  });
  return router;
}
