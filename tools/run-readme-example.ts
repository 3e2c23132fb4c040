import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a command of the README against another address than its own. @returns what it printed */
export async function runExample(command: string, url: string): Promise<string> {
  const elsewhere = command.replaceAll('localhost:5000', new URL(url).host);
  const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', elsewhere]);
  return stdout;
}
