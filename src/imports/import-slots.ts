import { GatewayError } from '../errors.ts';

/** Runs an import when one of a few slots is free. */
export type ImportSlots = <Result>(run: () => Promise<Result>) => Promise<Result>;

/** What clients may import. */
export interface ImportAccess {
  readonly slots: ImportSlots;
  /** Beginnings of the URLs that may be loaded from. */
  readonly urlPrefixes: readonly string[];
}

/** A live feed that comes in bursts is served in turn; what would wait longer is better told to come back. */
const waitMs = 10_000;

/**
 * Imports for clients hold a connection of their own each; this bounds how many, first come first served.
 * @throws GatewayError TOO_MANY_IMPORTS from the returned function when no slot becomes free in ten seconds.
 */
export function createImportSlots(maximum: number): ImportSlots {
  let free = maximum;
  const waiting = new Set<() => void>();

  async function enter(): Promise<void> {
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(called);
        reject(
          new GatewayError('TOO_MANY_IMPORTS', `${maximum} imports are running already.`, {
            hint: 'Try again in a few seconds.',
          }),
        );
      }, waitMs);
      const called = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.add(called);
    });
  }

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) {
      free++;
      return;
    }
    // The slot goes from hand to hand.
    waiting.delete(next);
    next();
  }

  return async (run) => {
    await enter();
    try {
      return await run();
    } finally {
      leave();
    }
  };
}
