import { GatewayError } from '../errors.ts';

/** Runs an import when one of a few slots is free. */
export type ImportSlots = <Result>(run: () => Promise<Result>) => Promise<Result>;

/** What clients may import. */
export interface ImportAccess {
  readonly slots: ImportSlots;
  /** Beginnings of the URLs that may be loaded from. */
  readonly urlPrefixes: readonly string[];
}

/**
 * Imports for clients hold a connection of their own each; this bounds how many.
 * @throws GatewayError TOO_MANY_IMPORTS from the returned function when none is free.
 */
export function createImportSlots(maximum: number): ImportSlots {
  let running = 0;
  return async (run) => {
    if (running >= maximum) {
      throw new GatewayError('TOO_MANY_IMPORTS', `${maximum} imports are running already.`, {
        hint: 'Try again in a few seconds.',
      });
    }
    running++;
    try {
      return await run();
    } finally {
      running--;
    }
  };
}
