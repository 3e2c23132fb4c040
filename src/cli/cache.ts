import { userInfo } from 'node:os';
import { Command } from 'commander';
import { openCaches } from '../cache/caches.ts';
import { clearCaches } from '../cache/clear-caches.ts';
import { createLogger } from '../logger.ts';
import { withDatabase } from './with-database.ts';

/** `measurement-app cache clear`: the caches of all replicas. */
export function cacheCommand(): Command {
  return new Command('cache').description('The caches of the gateway.').addCommand(clearCommand());
}

function clearCommand(): Command {
  return new Command('clear')
    .description('Removes entries from the caches of all replicas. Never needed after a change of the data.')
    .argument('[prefix]', 'beginning of the names to remove, <namespace>:<key>; all of them without it', '')
    .action(async (prefix: string) => {
      process.exitCode = await withDatabase(async (database, config) => {
        const caches = openCaches(config, createLogger({ ...config, logLevel: 'silent' }));
        try {
          const { entries, replicasTold } = await clearCaches(caches, database, prefix, userInfo().username);
          process.stdout.write(
            replicasTold
              ? 'All running replicas were told to clear their memory.\n'
              : `${entries} entries removed from Redis, which all replicas share.\n`,
          );
          return 0;
        } finally {
          await caches.close();
        }
      });
    });
}
