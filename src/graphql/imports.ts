import { GatewayError } from '../errors.ts';
import { type ListedImport, listImports } from '../imports/list-imports.ts';
import type { ResolverContext } from '../measurements/resolve-measurements.ts';
import type { QueryImportsArgs, RequireFields } from './schema.types.ts';

/** `Query.imports`. */
export async function resolveImports(
  { first, before }: RequireFields<QueryImportsArgs, 'first'>,
  prisma: ResolverContext['database']['prisma'],
  { pageSizeMax }: ResolverContext['limits'],
) {
  if (first < 1 || first > pageSizeMax) {
    throw new GatewayError('PAGE_SIZE', `\`first\` is ${first}.`, {
      field: 'first',
      hint: `Accepted: 1 to ${pageSizeMax}.`,
    });
  }
  if (before != null && !/^\d{1,18}$/.test(before)) {
    throw new GatewayError('INVALID_ARGUMENT', `"${before}" is not the id of an import.`, {
      field: 'before',
    });
  }
  const imports = await listImports(prisma, {
    limit: first,
    before: before == null ? undefined : BigInt(before),
    rejections: 100,
  });
  return imports.map(graphqlImport);
}

/** GraphQL has no 64-bit integers; counts of rows fit into its 32 bits up to two thousand million. */
function graphqlImport(entry: ListedImport) {
  return {
    ...entry,
    id: String(entry.id),
    rowsRead: Number(entry.rowsRead),
    rowsInserted: Number(entry.rowsInserted),
    rowsUpdated: Number(entry.rowsUpdated),
    rowsUnchanged: Number(entry.rowsUnchanged),
    rowsRejected: Number(entry.rowsRejected),
    rejections: entry.rejections.map((rejection) => ({ ...rejection, line: Number(rejection.line) })),
  };
}
