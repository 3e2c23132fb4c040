import { Command } from 'commander';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './with-database.ts';

/** `measurement-app imports`: the ledger of loads, newest first. */
export function importsCommand(): Command {
  return new Command('imports')
    .description('Lists what was loaded, newest first.')
    .option('--limit <count>', 'how many', wholeNumber(10_000), 20)
    .option('--json', 'as JSON, with rejected lines')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      process.exitCode = await withDatabase(async ({ prisma }) => {
        const imports = await prisma.import.findMany({
          orderBy: { id: 'desc' },
          take: limit,
          include: { rejections: { orderBy: { line: 'asc' }, take: json ? 1_000 : 0 } },
        });
        if (json) {
          const text = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
          process.stdout.write(`${JSON.stringify(imports, text, 2)}\n`);
          return 0;
        }
        for (const entry of imports) {
          process.stdout.write(
            `${entry.id}  ${entry.finishedAt?.toISOString()}  ${entry.source}  ${entry.rowsInserted} new, ` +
              `${entry.rowsUpdated} updated, ${entry.rowsUnchanged} unchanged, ${entry.rowsRejected} rejected  ` +
              `by ${entry.importedBy}\n`,
          );
        }
        return 0;
      });
    });
}
