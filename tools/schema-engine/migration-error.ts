import { KnownError } from './known-error.ts';
import type { ScriptFailure } from './session.ts';

const linesShownBefore = 5;

/**
 * The native engine reports a migration that the database refused as P3018; the WebAssembly one only says that
 * something did, in a text that carries the migration's name.
 */
export function migrationError(engineError: Error, { script, error }: ScriptFailure): KnownError {
  const name = /migration_name="([^"]*)"/.exec(engineError.message)?.[1] ?? 'unknown';
  return new KnownError(
    'P3018',
    'A migration failed to apply. New migrations cannot be applied before the error is recovered from. ' +
      'Read more about how to resolve migration issues in a production database: ' +
      'https://pris.ly/d/migrate-resolve\n\n' +
      `Migration name: ${name}\n\n` +
      `Database error code: ${error.code ?? 'none'}\n\n` +
      `Database error:\n${[
        `${error.severity}: ${error.message}`,
        error.detail && `DETAIL: ${error.detail}`,
        error.hint && `HINT: ${error.hint}`,
        error.where && `CONTEXT: ${error.where}`,
        error.position && `\nPosition:\n${excerpt(script, Number(error.position))}`,
      ]
        .filter(Boolean)
        .join('\n')}\n`,
  );
}

/** The line that holds the character at `position` (the first is 1), numbered, after those that lead to it. */
function excerpt(script: string, position: number): string {
  const line = [...script].slice(0, position - 1).filter((character) => character === '\n').length;
  const first = Math.max(0, line - linesShownBefore);
  return script
    .split('\n')
    .slice(first, line + 1)
    .map((text, index) => `${String(first + index + 1).padStart(3)} ${text}`)
    .join('\n');
}
