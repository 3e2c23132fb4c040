import { ConfigurationError, GatewayError, publicError } from '../errors.ts';

/** What a command says when it fails: what is wrong and what to do, without a stack trace. */
export function describeFailure(thrown: unknown): string {
  if (thrown instanceof ConfigurationError) return thrown.message;
  const told = thrown instanceof GatewayError ? thrown : publicError(thrown);
  // The operator at the terminal may see what a client may not.
  const message = told.code === 'INTERNAL' && thrown instanceof Error ? thrown.message : told.message;
  const hint = told.code === 'INTERNAL' ? undefined : told.hint;
  return hint === undefined ? message : `${message}\n${hint}`;
}
