import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { Request, Response } from 'express';
// @ts-expect-error The package has no types, and those of DefinitelyTyped are of an older version without `preferred`.
import Negotiator from 'negotiator';

/** In the order we prefer them among those that a client takes equally. Levels are those for streams made once. */
const encodings: Record<string, () => Transform> = {
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 2 } }),
  gzip: () => createGzip({ level: 1 }),
};

/**
 * The transform that compresses an answer as its client asks (`Accept-Encoding` with q-values), with its header set; none
 * when the client wants it plain. zlib and zstd work on threads of their own, not on the event loop.
 */
export function negotiateEncoding(request: Request, response: Response): Transform[] {
  if (request.headers['accept-encoding'] === undefined) return [];
  const names = Object.keys(encodings);
  const [chosen = ''] = new Negotiator(request).encodings(names, { preferred: names });
  const create = encodings[chosen];
  if (create === undefined) return [];
  response.setHeader('Content-Encoding', chosen);
  return [create()];
}
