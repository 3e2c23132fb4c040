import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigurationError, GatewayError } from '../errors.ts';

/** Documents that may be executed, by the SHA-256 of their text. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** What `generate-persisted-query-manifest` of Apollo writes, or simply `{"<id>": "<document>"}` as other tools do. */
const manifest = z.union([
  z.object({
    format: z.literal('apollo-persisted-query-manifest'),
    operations: z.array(z.object({ id: z.string(), body: z.string() })),
  }),
  z.record(z.string(), z.string()),
]);

/** @throws ConfigurationError when the file cannot be read or is no manifest. */
export function readTrustedDocuments(path: string): TrustedDocuments {
  try {
    const parsed = manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
    const entries = Array.isArray(parsed.operations)
      ? parsed.operations.map(({ id, body }) => [id, body] as const)
      : Object.entries(parsed as Record<string, string>);
    return new Map(entries.flatMap(([id, body]) => [[id, body] as const, [sha256(body), body] as const]));
  } catch (cause) {
    throw new ConfigurationError([
      `GRAPHQL_TRUSTED_DOCUMENTS=${JSON.stringify(path)}: ${(cause as Error).message}`,
    ]);
  }
}

/** What a client may send of an operation. */
export interface SentOperation {
  readonly query?: unknown;
  /** As the draft of the specification calls it. */
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/**
 * The registered document that a client means, by id or by its text.
 * @throws GatewayError UNTRUSTED_DOCUMENT when it is not registered.
 */
export function trustedDocument(documents: TrustedDocuments, sent: SentOperation): string {
  const { persistedQuery } = (sent.extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } };
  const id =
    typeof sent.query === 'string' && sent.query !== ''
      ? sha256(sent.query)
      : String(sent.documentId ?? persistedQuery?.sha256Hash).replace(/^sha256:/, '');
  const document = documents.get(id);
  if (document !== undefined) return document;
  throw new GatewayError(
    'UNTRUSTED_DOCUMENT',
    'This gateway executes only the documents that were registered with it.',
    {
      hint: 'Send a registered document, or its id as `documentId` or `extensions.persistedQuery.sha256Hash`.',
    },
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
