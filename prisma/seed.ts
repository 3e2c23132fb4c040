import { runSeed } from '../src/cli/seed.ts';

// Named by prisma.config.ts: `npx prisma db seed`.
process.exitCode = await runSeed(process.argv.slice(2));
