import { existsSync } from 'node:fs';
import { findBinaries } from './binaries.ts';
import { findDataOwner } from './cluster.ts';
import { withDirectoryLock } from './directory-lock.ts';
import { countHolders } from './holders.ts';
import { createLauncher } from './launcher.ts';
import { serverPaths } from './paths.ts';
import { findPostmaster, stopPostmaster } from './postmaster.ts';

/**
 * Stops the server of a directory unless a live process uses it.
 *
 * @returns whether nobody uses it, so that it is not running now
 */
export async function stopWhenUnheld(directory: string): Promise<boolean> {
  // Someone has removed it: its server, which looks for its files every minute, ends by itself.
  if (!existsSync(directory)) return true;
  const paths = await serverPaths(directory);
  return withDirectoryLock(paths.directory, async () => {
    if ((await countHolders(paths)) > 0) return false;
    if (await findPostmaster(paths)) {
      const binaries = await findBinaries();
      const launcher = await createLauncher(paths, binaries, await findDataOwner(paths));
      await stopPostmaster(paths, binaries, launcher);
    }
    return true;
  });
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2);
  if (directory) await stopWhenUnheld(directory);
}
