import type { ImportResult } from '../imports/import-measurements.ts';

/** How an import is answered, by POST and in the list of imports. */
export function importEntry(result: ImportResult) {
  const { id, outcome, source, sha256, read, inserted, updated, unchanged, rejected, rejections } = result;
  const { firstTimeInstant, lastTimeInstant, startedAt, finishedAt } = result;
  return {
    outcome,
    // A dry run leaves no entry.
    id: outcome === 'checked' ? null : Number(id),
    source,
    sha256,
    rowsRead: read,
    rowsInserted: inserted,
    rowsUpdated: updated,
    rowsUnchanged: unchanged,
    rowsRejected: rejected,
    firstTimeInstant,
    lastTimeInstant,
    startedAt,
    finishedAt,
    rejections,
  };
}
