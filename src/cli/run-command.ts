import { type Command, CommanderError } from 'commander';

/**
 * Parses and runs a command. Returns the exit code: what the command set (1 = failed), 2 when its arguments are wrong; the
 * usage is then shown.
 */
export async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  prepare(command);
  try {
    await command.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError().showSuggestionAfterError().allowExcessArguments(false);
  for (const part of command.commands) prepare(part);
}
