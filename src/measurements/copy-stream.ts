import { Readable } from 'node:stream';
import pg from 'pg';
import { cancelQuery } from '../database/cancel-query.ts';
import { copyOut } from '../database/copy-out.ts';
import { observeCopy } from './copy-telemetry.ts';
import { takeTurn } from './export-turns.ts';

export interface CopyOptions {
  /** Time zone of the session, for SQL that prints times in it. */
  readonly timezone?: string;
  /** How long PostgreSQL may work on it, in ms; 0 = any time. */
  readonly statementTimeoutMs?: number;
  /** A reader that takes nothing for so long, in ms, is given up; 0 = it may take any time. */
  readonly idleTimeoutMs?: number;
  /** Runs first, in the same snapshot. */
  readonly before?: (client: pg.PoolClient) => Promise<void>;
  readonly frame?: CopyFrame;
}

/** What is put around the bytes of COPY. None of it is sent before COPY has given its first byte, or has ended. */
export interface CopyFrame {
  readonly head: string;
  /** Bytes of COPY to leave out at its beginning. */
  readonly skip: number;
  readonly tail: string;
  /** Stands for everything when COPY gives no byte. */
  readonly empty: string;
}

const noFrame: CopyFrame = { head: '', skip: 0, tail: '', empty: '' };

export interface CopyStream {
  readonly stream: Readable;
  /** Rows sent; right once the stream has ended. */
  rowCount(): number;
  /** Resolves when the connection is given back, which may be a moment after the stream was destroyed. */
  readonly released: Promise<void>;
}

/** How long a cancelled COPY may take to end before its connection is given up. */
const cancelGraceMs = 1_000;

/**
 * The bytes of `COPY (query) TO STDOUT`, read in one read-only snapshot of the database.
 *
 * The stream ends only after PostgreSQL has confirmed that the COPY is complete; on any failure it is destroyed with
 * the error instead. Destroying it early cancels the query and returns the connection to the pool once the server
 * has stopped sending. Memory: a few chunks of 64 KiB whatever the size of the result; a consumer that reads slowly
 * makes PostgreSQL wait.
 *
 * @param copySql `copy (…) to stdout …`
 */
export async function openCopyStream(
  pool: pg.Pool,
  copySql: string,
  { timezone = 'UTC', statementTimeoutMs = 0, idleTimeoutMs = 0, before, frame = noFrame }: CopyOptions = {},
): Promise<CopyStream> {
  const client = await pool.connect();
  // Without a listener a connection lost between two queries would be an uncaught error of the process.
  const ignoreConnectionError = () => {};
  client.on('error', ignoreConnectionError);
  const given = Promise.withResolvers<void>();
  let released = false;
  const release = (failure?: Error) => {
    if (released) return;
    released = true;
    client.off('error', ignoreConnectionError);
    client.release(failure);
    given.resolve();
  };
  try {
    // One message, one round trip.
    const statements = ['begin isolation level repeatable read read only'];
    if (timezone !== 'UTC') statements.push(`set local timezone to ${pg.escapeLiteral(timezone)}`);
    statements.push(`set local statement_timeout to ${statementTimeoutMs}`);
    await client.query(statements.join('; '));
    await before?.(client);
  } catch (error) {
    await client.query('rollback').then(() => release(), release);
    throw error;
  }

  const observation = observeCopy();
  // A request to cancel on its way must not hit whoever has the connection next.
  let cancelRequest: Promise<void> = Promise.resolve();
  let begun = false;
  let rowCount = 0;
  let running = true;
  let idle: NodeJS.Timeout | undefined;

  const output = new Readable({
    highWaterMark: 65_536,
    read() {
      clearTimeout(idle);
      takeTurn(() => copy.resume());
    },
    destroy(error, callback) {
      clearTimeout(idle);
      callback(error);
      const outcome = output.readableEnded ? 'complete' : isDeparture(error) ? 'cancelled' : 'failed';
      observation.ended(outcome, rowCount, error ?? undefined);
      if (running) cancel();
    },
  });

  const copy = copyOut(client, `${copySql}; commit`, {
    data(bytes) {
      observation.sent(bytes.length);
      const wantsMore = output.push(
        begun ? bytes : Buffer.concat([Buffer.from(frame.head), bytes.subarray(frame.skip)]),
      );
      begun = true;
      if (!wantsMore && idleTimeoutMs > 0) idle = setTimeout(giveUpReader, idleTimeoutMs);
    },
    end(rows) {
      running = false;
      rowCount = rows;
      void cancelRequest.then(() => release());
      if (output.destroyed) return;
      const rest = begun ? frame.tail : frame.empty;
      if (rest !== '') output.push(rest);
      output.push(null);
    },
    fail(error) {
      running = false;
      // PostgreSQL has passed over the commit.
      cancelRequest.then(() => client.query('rollback')).then(() => release(), release);
      output.destroy(error);
    },
  });

  function giveUpReader(): void {
    output.destroy(idleReaderError(idleTimeoutMs));
  }

  function cancel(): void {
    copy.discard();
    cancelRequest = cancelQuery(client).catch(() => {});
    const giveUp = () => release(new Error('A cancelled COPY did not end in time.'));
    const timer = setTimeout(giveUp, cancelGraceMs);
    void given.promise.then(() => clearTimeout(timer));
  }

  return { stream: output, rowCount: () => rowCount, released: given.promise };
}

/** Why an export whose reader takes nothing is given up. */
export function idleReaderError(idleTimeoutMs: number): Error {
  return new Error(`The reader of an export took nothing for ${idleTimeoutMs} ms.`);
}

/** Whether a stream was destroyed by its reader, not by a failure of its source. */
function isDeparture(error: Error | null): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return error === null || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR';
}
