import { Command } from 'commander';
import { restoreBackup } from '../backups/restore-backup.ts';
import { readManifest } from '../backups/stored-backups.ts';
import { openTarget } from '../backups/target.ts';
import { loadConfig, loadEnvironmentFile } from '../config.ts';
import { ConfigurationError } from '../errors.ts';
import { describeFailure } from './failure.ts';

/** `measurement-app restore`: a backup becomes the database that DATABASE_URL names. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description(
      'Restores a backup into DATABASE_URL, which is made when missing and must be empty otherwise.',
    )
    .argument('[name]', 'of the backup (default: the newest)')
    .option('--from <target>', 'folder or s3://bucket/prefix (default: BACKUP_TARGET)')
    .option(
      '--replace',
      'take the place of a database that holds something; it is kept under another name',
      false,
    )
    .action(async (name: string | undefined, { from, replace }: { from?: string; replace: boolean }) => {
      process.exitCode = await restore(name, from, replace);
    });
}

async function restore(
  name: string | undefined,
  from: string | undefined,
  replace: boolean,
): Promise<number> {
  try {
    loadEnvironmentFile();
    const config = loadConfig();
    // Not the embedded one: it is made, migrated and seeded as soon as it is opened.
    if (config.databaseUrl === undefined) {
      throw new ConfigurationError(['DATABASE_URL: is required, the database to restore into']);
    }
    const target = await openTarget(from ?? config.backupTarget, config.backupS3Endpoint);
    const manifest = await readManifest(target, name);
    const started = performance.now();
    const former = await restoreBackup({
      url: config.databaseUrl,
      target,
      manifest,
      passphrase: config.backupPassphrase,
      replace,
    });
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    process.stdout.write(
      `restored ${manifest.name}: ${manifest.measurements} measurements at version ${manifest.datasetVersion} in ${seconds} s\n`,
    );
    if (former !== undefined) process.stdout.write(`what was there before is the database ${former} now\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return 1;
  }
}
