import { userInfo } from 'node:os';
import { Command } from 'commander';
import { recordAudit } from '../audit/audit-log.ts';
import { createBackup } from '../backups/create-backup.ts';
import { applyRetention } from '../backups/stored-backups.ts';
import { openTarget } from '../backups/target.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './with-database.ts';

/** `measurement-app backup`: a dump of the database, now. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('Stores a backup of the database while it is in use, and removes the oldest ones.')
    .option('--to <target>', 'folder or s3://bucket/prefix (default: BACKUP_TARGET)')
    .option('--keep <count>', 'backups to keep (default: BACKUP_KEEP)', wholeNumber(100_000))
    .action(async ({ to, keep }: { to?: string; keep?: number }) => {
      process.exitCode = await withDatabase(async ({ pool, prisma, url }, config) => {
        const target = await openTarget(to ?? config.backupTarget, config.backupS3Endpoint);
        const started = performance.now();
        const manifest = await createBackup({ pool, url, target, passphrase: config.backupPassphrase });
        // How old this is, is what the alert BackupOld looks at.
        await recordAudit(prisma, {
          actor: userInfo().username,
          action: 'backup.create',
          target: manifest.name,
        });
        const seconds = ((performance.now() - started) / 1_000).toFixed(1);
        process.stdout.write(
          `${manifest.name}: ${manifest.measurements} measurements at version ${manifest.datasetVersion}, ` +
            `${manifest.bytes} bytes${manifest.encrypted ? ', encrypted' : ''}, in ${target.description} after ${seconds} s\n`,
        );
        for (const name of await applyRetention(target, keep ?? config.backupKeep)) {
          process.stdout.write(`removed ${name}\n`);
        }
        return 0;
      });
    });
}
