import { Command } from 'commander';
import { readManifest } from '../backups/stored-backups.ts';
import { openTarget } from '../backups/target.ts';
import { verifyBackup } from '../backups/verify-backup.ts';
import { loadConfig, loadEnvironmentFile } from '../config.ts';
import { describeFailure } from './failure.ts';

/** `measurement-app verify`: whether a backup can be read to its end. It asks no database. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Compares a backup with its digest and unpacks it, to nowhere.')
    .argument('[name]', 'of the backup (default: the newest)')
    .option('--from <target>', 'folder or s3://bucket/prefix (default: BACKUP_TARGET)')
    .action(async (name: string | undefined, { from }: { from?: string }) => {
      process.exitCode = await verify(name, from);
    });
}

async function verify(name: string | undefined, from: string | undefined): Promise<number> {
  try {
    loadEnvironmentFile();
    const config = loadConfig();
    const target = await openTarget(from ?? config.backupTarget, config.backupS3Endpoint);
    const manifest = await readManifest(target, name);
    await verifyBackup(target, manifest, config.backupPassphrase);
    process.stdout.write(`${manifest.name} of ${manifest.createdAt} is sound: ${manifest.bytes} bytes\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return 1;
  }
}
