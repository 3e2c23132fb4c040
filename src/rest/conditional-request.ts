import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { DatasetVersion } from '../database/dataset-version.ts';

/** Stands for everything that was asked in an entity tag. */
export function hashOf(asked: unknown): string {
  return createHash('sha1').update(JSON.stringify(asked)).digest('base64url').slice(0, 16);
}

/**
 * The entity tag of an answer: the version of the data and everything that was asked (`hashOf`). Weak (RFC 9110 section
 * 8.8.1), since compressed and plain answers share it.
 */
export function entityTag({ version }: DatasetVersion, hash: string): string {
  return `W/"${version}-${hash}"`;
}

/**
 * Sets the headers by which an answer is revalidated, and answers 304 when the client has it already.
 * @param shared whether caches between us and the client may keep it
 * @returns whether the request is answered
 */
export function answerNotModified(
  request: Request,
  response: Response,
  version: DatasetVersion,
  tag: string,
  shared: boolean,
): boolean {
  response.setHeader('ETag', tag);
  response.setHeader('Last-Modified', lastModified(version));
  // Kept, but asked for again each time: nothing stale is ever shown, and asking costs next to nothing.
  response.setHeader('Cache-Control', shared ? 'public, no-cache' : 'private, no-cache');
  if (!matches(request.headers['if-none-match'], tag)) return false;
  response.statusCode = 304;
  response.end();
  return true;
}

const httpDates = new WeakMap<DatasetVersion, string>();

function lastModified(version: DatasetVersion): string {
  const known = httpDates.get(version);
  if (known !== undefined) return known;
  const date = version.changedAt.toUTCString();
  httpDates.set(version, date);
  return date;
}

/** Weak comparison (RFC 9110 section 13.1.2). */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const opaque = (text: string) => text.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((given) => opaque(given) === opaque(tag));
}
