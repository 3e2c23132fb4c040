import { type Config, loadConfig, loadEnvironmentFile } from '../config.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { describeFailure } from './failure.ts';

/**
 * Runs what a command does on the configured database and closes it. A failure is told on standard error.
 * @returns the exit code: what `run` returns, 1 when it throws.
 */
export async function withDatabase(
  run: (database: Database, config: Config) => Promise<number>,
): Promise<number> {
  try {
    loadEnvironmentFile();
    const config = loadConfig();
    // What an operator starts may take its time.
    const database = await openDatabase({ ...config, databaseStatementTimeoutMs: 0 });
    try {
      return await run(database, config);
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return 1;
  }
}
