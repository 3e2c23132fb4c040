import type { Socket } from 'node:net';
import type pg from 'pg';
import { countNetworkBytes } from './collect-network-buffers.ts';

/** What becomes of a COPY: `data` any number of times, then `end` or `fail`. */
export interface CopyOutHandlers {
  /** Some bytes of the result; nothing more is read before `resume`. */
  data(bytes: Buffer): void;
  /** PostgreSQL has confirmed the COPY, and all statements behind it. */
  end(rowCount: number): void;
  fail(error: Error): void;
}

export interface CopyOut {
  resume(): void;
  /** Reads the rest off the connection without telling of it, so that the connection can be used again. */
  discard(): void;
}

/** Types of the messages that a COPY is made of (PostgreSQL documentation, section "Message Formats"). */
const copyData = 0x64; // d
const passedOver = new Set([
  0x48, // H, CopyOutResponse
  0x4e, // N, NoticeResponse
  0x53, // S, ParameterStatus
  0x41, // A, NotificationResponse
]);
const headerLength = 5;

/**
 * Runs `copy (…) to stdout`, maybe with statements behind it that return no rows, and hands out its bytes as they arrive.
 * The frame of each row is taken out of the network's own buffer in place: no copy and no object a row, so that exports
 * of any size leave next to nothing for the garbage collector (pg-copy-streams makes a Buffer for each row).
 */
export function copyOut(client: pg.PoolClient, sql: string, handlers: CopyOutHandlers): CopyOut {
  let socket: Socket | undefined;
  let parseMessages: ((bytes: Buffer) => void) | undefined;
  let rowCount = 0;
  let discarding = false;

  const header = Buffer.alloc(headerLength);
  let headerFilled = 0;
  let payloadLeft = 0;
  let payloadIsData = false;

  /** Moves the payloads of all rows in `bytes` to its beginning. */
  function onData(bytes: Buffer): void {
    countNetworkBytes(bytes.length);
    let kept = 0;
    let at = 0;
    while (at < bytes.length) {
      if (payloadLeft > 0) {
        const end = Math.min(bytes.length, at + payloadLeft);
        if (payloadIsData) {
          bytes.copyWithin(kept, at, end);
          kept += end - at;
        }
        payloadLeft -= end - at;
        at = end;
        continue;
      }
      const taken = Math.min(headerLength - headerFilled, bytes.length - at);
      bytes.copy(header, headerFilled, at, at + taken);
      headerFilled += taken;
      at += taken;
      if (headerFilled < headerLength) break;
      headerFilled = 0;
      const type = header[0] as number;
      payloadIsData = type === copyData;
      if (!payloadIsData && !passedOver.has(type)) {
        // The end, or an error: the driver knows what to do with that.
        const rest = Buffer.concat([header, bytes.subarray(at)]);
        if (kept > 0 && !discarding) handlers.data(bytes.subarray(0, kept));
        giveBack(rest);
        return;
      }
      payloadLeft = header.readInt32BE(1) - 4;
    }
    if (kept === 0 || discarding) return;
    socket?.pause();
    handlers.data(bytes.subarray(0, kept));
  }

  function giveBack(rest: Buffer): void {
    if (socket === undefined || parseMessages === undefined) return;
    socket.off('data', onData);
    socket.on('data', parseMessages);
    parseMessages.call(socket, rest);
    socket.resume();
  }

  const query = {
    submit(connection: { readonly stream: Socket; query(text: string): void }) {
      socket = connection.stream;
      // The driver listens for messages of its own; while rows flow they are ours.
      parseMessages = socket.listeners('data')[0] as (bytes: Buffer) => void;
      socket.off('data', parseMessages);
      socket.on('data', onData);
      socket.pause();
      connection.query(sql);
    },
    handleError: (error: Error) => handlers.fail(error),
    handleCommandComplete({ text }: { readonly text: string }) {
      rowCount = Number(/^COPY (\d+)/.exec(text)?.[1] ?? rowCount);
    },
    handleReadyForQuery: () => handlers.end(rowCount),
  };
  // The driver's types know only its own queries.
  client.query(query as unknown as pg.QueryConfig);

  return {
    resume: () => void socket?.resume(),
    discard() {
      discarding = true;
      socket?.resume();
    },
  };
}
