import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { prunableMonths, prune } from '../imports/prune.ts';
import { timeInstant } from './arguments.ts';
import { withDatabase } from './with-database.ts';

/** `measurement-app prune`: removes whole months of old measurements. */
export function pruneCommand(): Command {
  return new Command('prune')
    .description('Removes measurements of whole months (UTC) before a date. Says what goes and asks first.')
    .requiredOption('--before <date>', 'the month this lies in stays, the ones before it go', timeInstant)
    .option('--yes', 'do not ask')
    .action(async ({ before, yes }: { before: Date; yes?: boolean }) => {
      process.exitCode = await withDatabase(async ({ pool }) => {
        const months = await prunableMonths(pool, before);
        if (months.length === 0) {
          process.stdout.write(`There is nothing in whole months before ${before.toISOString()}.\n`);
          return 0;
        }
        for (const { month, rows, bytes } of months) {
          process.stdout.write(`${month}: ${rows} measurements, ${Math.ceil(bytes / 1024 / 1024)} MiB\n`);
        }
        const total = months.reduce((sum, { rows }) => sum + rows, 0);
        if (
          !yes &&
          !(await confirmed(`Remove these ${months.length} months, ${total} measurements, for good?`))
        ) {
          process.stderr.write('Nothing was removed.\n');
          return 1;
        }
        await prune(pool, months, userInfo().username);
        process.stdout.write(`${months.length} months, ${total} measurements removed.\n`);
        return 0;
      });
    });
}

/** Only "yes" is a yes; no terminal, no answer. */
async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    process.stderr.write(`${question} There is no terminal to ask at; --yes answers.\n`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} Type yes: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
