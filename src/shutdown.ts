import type { Logger } from 'pino';

/** Something started that must be stopped. */
export interface Resource {
  readonly name: string;
  /** Stops it, letting what runs finish. */
  close(): Promise<void>;
  /** Ends at once what `close` is still waiting for. */
  cut?(): void;
}

/**
 * Stops `resources`, last started first, on SIGINT or SIGTERM. Running requests have `graceMs` to finish, then they are
 * cut; a second signal cuts at once.
 * @returns the same as a function, for a start that failed.
 */
export function stopOnSignals(
  resources: Resource[],
  logger: Logger,
  graceMs: number,
): (exitCode: number) => Promise<never> {
  let stopping: Promise<never> | undefined;

  const cut = () => {
    for (const resource of resources) resource.cut?.();
  };

  async function stop(exitCode: number): Promise<never> {
    const timer = setTimeout(cut, graceMs);
    for (const resource of resources.toReversed()) {
      await resource.close().catch((error: unknown) => {
        logger.error({ err: error, resource: resource.name }, 'did not stop cleanly');
      });
    }
    clearTimeout(timer);
    logger.info('stopped');
    process.exit(exitCode);
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping !== undefined) return cut();
      logger.info({ signal }, 'stopping; running requests may finish');
      stopping = stop(0);
    });
  }
  return (exitCode) => (stopping ??= stop(exitCode));
}
