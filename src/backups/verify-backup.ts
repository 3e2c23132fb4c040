import { pipeline } from 'node:stream/promises';
import type { Manifest } from './manifest.ts';
import { assertIntact, openBackup } from './open-backup.ts';
import { startTool } from './postgresql-tools.ts';
import type { BackupTarget } from './target.ts';

/**
 * Compares a backup with its digest, then decrypts it and has pg_restore unpack every table of it. Whether it makes a
 * whole database only a restore can show.
 * @throws GatewayError saying what is wrong with it.
 */
export async function verifyBackup(
  target: BackupTarget,
  manifest: Manifest,
  passphrase: string | undefined,
): Promise<void> {
  await assertIntact(target, manifest);
  const dump = await openBackup(target, manifest, passphrase);
  const restore = startTool('pg_restore', ['--file=/dev/null']);
  const read = pipeline(dump, restore.stdin);
  read.catch(() => {});
  // What the program says tells more than the stream it left.
  await restore.finished;
  await read;
}
