import { runCommand } from '../src/cli/run-command.ts';
import { seedCommand } from '../src/cli/seed.ts';

// Named by prisma.config.ts: `npx prisma db seed`.
process.exitCode = await runCommand(seedCommand('npx prisma db seed --'), process.argv.slice(2));
