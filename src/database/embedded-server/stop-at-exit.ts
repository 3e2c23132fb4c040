import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Holder } from './holders.ts';
import type { ServerPaths } from './paths.ts';

const SCRIPT = fileURLToPath(new URL('./stop-when-unheld.ts', import.meta.url));
const TIMEOUT_MS = 90_000;

/**
 * Covers process.exit() and uncaught errors, after which nothing asynchronous runs any more: another process
 * stops the server. Until the returned function is called.
 */
export function stopAtExit({ directory }: ServerPaths, holder: Holder): () => void {
  const listener = () => {
    holder.remove();
    const { NODE_OPTIONS: _, ...env } = process.env;
    spawnSync(process.execPath, [SCRIPT, directory], { env, stdio: 'ignore', timeout: TIMEOUT_MS });
  };
  process.on('exit', listener);
  return () => {
    process.off('exit', listener);
  };
}
