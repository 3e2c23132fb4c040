import { text } from 'node:stream/consumers';
import { GatewayError } from '../errors.ts';
import { isBackupName, type Manifest, manifestName, manifestSchema } from './manifest.ts';
import type { BackupTarget } from './target.ts';

/** Unfinished backups may still be under way; after this time they are not. */
const unfinishedMs = 24 * 60 * 60 * 1_000;

/** Names of the finished backups at a target, newest first. */
export async function finishedBackups(target: BackupTarget): Promise<string[]> {
  const names = new Set(await target.names());
  const finished = [...names].filter((name) => isBackupName(name) && names.has(manifestName(name)));
  return finished.sort().reverse();
}

/** The manifest of a backup, of the newest one when no name is given. */
export async function readManifest(target: BackupTarget, name?: string): Promise<Manifest> {
  const chosen = name ?? (await finishedBackups(target))[0];
  if (chosen === undefined)
    throw new GatewayError('NOT_FOUND', `There is no backup in ${target.description}.`);
  if (!isBackupName(chosen)) {
    throw new GatewayError('INVALID_ARGUMENT', `${chosen} is not the name of a backup.`, {
      hint: 'As in measurement-20261124T080000123Z.dump.',
    });
  }
  const parsed = manifestSchema.safeParse(JSON.parse(await text(await target.get(manifestName(chosen)))));
  if (parsed.success && parsed.data.name === chosen) return parsed.data;
  throw new GatewayError('CONFLICT', `The manifest of ${chosen} in ${target.description} is damaged.`);
}

/**
 * Removes the oldest finished backups beyond `keep`, and what was left unfinished long ago.
 * @returns the names that were removed.
 */
export async function applyRetention(
  target: BackupTarget,
  keep: number,
  now = new Date(),
): Promise<string[]> {
  const names = await target.names();
  const finished = await finishedBackups(target);
  const abandoned = names.filter(
    (name) => isBackupName(name) && !finished.includes(name) && now.getTime() - startOf(name) > unfinishedMs,
  );
  const removed = [...finished.slice(keep), ...abandoned];
  for (const name of removed) {
    // The manifest first: what is half removed counts as unfinished.
    if (names.includes(manifestName(name))) await target.remove(manifestName(name));
    await target.remove(name);
  }
  return removed;
}

function startOf(name: string): number {
  const [, ...parts] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(name) ?? [];
  const [year = 0, month = 1, day = 1, hour, minute, second, millisecond] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}
