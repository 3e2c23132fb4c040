import { KnownError } from './known-error.ts';

/**
 * Tells the CLI of an error the way the native engine logs it: JSON lines on standard error, of which the CLI
 * skips the first (it takes it for a greeting).
 */
export function logError(error: unknown): void {
  const { message } = error as Error;
  write('INFO', { message: 'Starting schema engine CLI' });
  write('ERROR', { message, ...(error instanceof KnownError && { error_code: error.code }) });
}

function write(level: string, fields: object): void {
  const timestamp = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ timestamp, level, target: 'schema_engine::logger', fields })}\n`);
}
