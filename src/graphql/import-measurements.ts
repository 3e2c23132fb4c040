import { GatewayError } from '../errors.ts';
import { importMeasurements } from '../imports/import-measurements.ts';
import { parseRejectionLimit } from '../imports/rejection-limit.ts';
import { openUrl, type Source, sourceOf } from '../imports/source.ts';
import { assertScope } from '../rest/authorization.ts';
import type { GraphQLContext } from './context.ts';
import type {
  ConflictPolicy,
  ImportOutcome,
  MutationImportMeasurementsArgs,
  RequireFields,
} from './schema.types.ts';

/** `Mutation.importMeasurements`. */
export async function resolveImportMeasurements(
  args: RequireFields<
    MutationImportMeasurementsArgs,
    Exclude<keyof MutationImportMeasurementsArgs, 'source'>
  >,
  { database, importAccess, keyHolder }: GraphQLContext,
) {
  assertScope(keyHolder, 'write');
  const { source, onConflict, strict, check, again, timezone } = args;
  const result = await importAccess.slots(async () =>
    importMeasurements(database.pool, await openGiven(source, importAccess.urlPrefixes), {
      importedBy: keyHolder.prefix,
      read: timezone === 'UTC' ? {} : { timezone },
      onConflict: onConflict.toLowerCase() as Lowercase<ConflictPolicy>,
      maxRejects: parseRejectionLimit(args.maxRejects),
      strict,
      dryRun: check,
      again,
    }),
  );
  return {
    outcome: result.outcome.toUpperCase() as ImportOutcome,
    id: result.outcome === 'checked' ? null : String(result.id),
    rowsRead: result.read,
    rowsInserted: result.inserted,
    rowsUpdated: result.updated,
    rowsUnchanged: result.unchanged,
    rowsRejected: result.rejected,
    rejections: [...result.rejections],
  };
}

async function openGiven(
  { url, text }: MutationImportMeasurementsArgs['source'],
  prefixes: readonly string[],
): Promise<Source> {
  if (url == null) return sourceOf('-', oneChunk(text ?? ''), Buffer.byteLength(text ?? ''));
  if (prefixes.some((prefix) => beginsWith(url, prefix))) return openUrl(url, 'error');
  throw new GatewayError('FORBIDDEN', `Nothing may be loaded from ${url}.`, {
    field: 'url',
    hint:
      prefixes.length === 0
        ? 'The operator has allowed no URL (IMPORT_URL_PREFIXES); send the measurements themselves.'
        : `Allowed: ${prefixes.join(', ')}`,
  });
}

/** By origin and path, so that `https://a.example` does not allow `https://a.example.evil.org`. */
function beginsWith(url: string, prefix: string): boolean {
  if (!URL.canParse(url)) return false;
  const [given, allowed] = [new URL(url), new URL(prefix)];
  return given.origin === allowed.origin && given.pathname.startsWith(allowed.pathname);
}

async function* oneChunk(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
