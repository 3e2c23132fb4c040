import type { Logger } from 'pino';

/** Runs operations of a store that may be away or slow. */
export interface Guard {
  /** What the operation gives; undefined when the store fails, takes too long, or did so a moment ago. */
  run<Result>(operation: () => Promise<Result>): Promise<Result | undefined>;
}

/** After a failure the store is left alone for this long, so that not every request waits for it in vain. */
const pauseMs = 1_000;

/**
 * A cache is a help and never a condition: while the store is away, requests go on without it. Its going and its coming
 * back are logged once each.
 */
export function createGuard(name: string, timeoutMs: number, logger: Logger): Guard {
  let away = false;
  let pausedUntil = 0;

  const failed = (error: Error) => {
    pausedUntil = performance.now() + pauseMs;
    if (away) return;
    away = true;
    logger.warn({ reason: error.message }, `${name} does not answer: requests go on uncached`);
  };
  const answered = () => {
    if (!away) return;
    away = false;
    logger.info(`${name} answers again`);
  };

  return {
    async run(operation) {
      if (away && performance.now() < pausedUntil) return undefined;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      });
      try {
        const result = await Promise.race([operation(), late]);
        answered();
        return result;
      } catch (error) {
        failed(error as Error);
        return undefined;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
