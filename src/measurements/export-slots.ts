import { once } from 'node:events';
import { GatewayError } from '../errors.ts';
import { exportsWaiting } from './copy-telemetry.ts';

/** Bounds how many exports hold a connection at once, so that pages always find one. */
export interface ExportSlots {
  /**
   * Waits in line for a slot. @returns a function that gives it back; calling it again does nothing.
   * @throws GatewayError TOO_MANY_EXPORTS when the line is full; the signal's reason when it is aborted first.
   */
  acquire(signal?: AbortSignal): Promise<() => void>;
}

/** @param atOnce exports that run @param inLine exports that may wait for their turn */
export function createExportSlots(atOnce: number, inLine: number): ExportSlots {
  let running = 0;
  const line: (() => void)[] = [];

  function createRelease(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = line.shift();
      // The slot goes to the next in line without becoming free in between.
      if (next === undefined) running--;
      else next();
    };
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (running < atOnce) {
        running++;
        return createRelease();
      }
      if (line.length >= inLine) {
        throw new GatewayError(
          'TOO_MANY_EXPORTS',
          `${atOnce} exports are running and ${inLine} are waiting.`,
          {
            hint: 'Try again later, or ask for less at a time with `limit`.',
          },
        );
      }
      const turn = Promise.withResolvers<void>();
      line.push(turn.resolve);
      exportsWaiting.add(1);
      try {
        if (signal === undefined) await turn.promise;
        else
          await Promise.race([turn.promise, once(signal, 'abort').then(() => giveUp(turn.resolve, signal))]);
      } finally {
        exportsWaiting.add(-1);
      }
      return createRelease();
    },
  };

  function giveUp(turn: () => void, signal: AbortSignal): void {
    const place = line.indexOf(turn);
    if (place === -1) return;
    line.splice(place, 1);
    throw signal.reason;
  }
}
