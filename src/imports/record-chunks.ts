import { GatewayError } from '../errors.ts';

/** Whole records of a CSV, and where in the file they stand. */
export interface RecordChunk {
  readonly bytes: Buffer;
  /** Line of the first byte; the file's first line is 1. */
  readonly firstLine: number;
  /** Lines in `bytes`; a last line without a line end counts. */
  readonly lines: number;
}

/** Enough for a COPY to run at full speed, little enough to keep a chunk at hand until the database took it. */
const chunkBytes = 1 << 20;
/** No measurement comes near it; a quote that is never closed does. */
const recordBytesMax = 1 << 20;

const newline = 0x0a;
const quote = 0x22;

/**
 * Cuts a stream of bytes where records end: at line ends, and with `quotes` only at those outside of quotation marks.
 * @throws GatewayError INVALID_SOURCE when a record is longer than 1 MiB.
 */
export async function* recordChunks(
  bytes: AsyncIterable<Buffer>,
  quotes: boolean,
): AsyncGenerator<RecordChunk> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let firstLine = 1;
  for await (const part of bytes) {
    pending.push(part);
    pendingBytes += part.length;
    if (pendingBytes < chunkBytes) continue;
    const buffered = Buffer.concat(pending);
    const end = quotes ? lastRecordEnd(buffered) : buffered.lastIndexOf(newline) + 1;
    if (buffered.length - end > recordBytesMax)
      throw recordTooLong(firstLine + countLines(buffered.subarray(0, end)));
    if (end > 0) {
      const chunk = chunkOf(buffered.subarray(0, end), firstLine);
      firstLine += chunk.lines;
      yield chunk;
    }
    const rest = buffered.subarray(end);
    pending = [rest];
    pendingBytes = rest.length;
  }
  const rest = Buffer.concat(pending);
  if (rest.length > 0) yield chunkOf(rest, firstLine);
}

function chunkOf(bytes: Buffer, firstLine: number): RecordChunk {
  return { bytes, firstLine, lines: countLines(bytes) };
}

/** Position after the last line end that is outside of quotes; 0 when there is none. */
function lastRecordEnd(bytes: Buffer): number {
  if (!bytes.includes(quote)) return bytes.lastIndexOf(newline) + 1;
  let end = 0;
  let quoted = false;
  for (let position = 0; position < bytes.length; position++) {
    const byte = bytes[position];
    if (byte === quote) quoted = !quoted;
    else if (byte === newline && !quoted) end = position + 1;
  }
  return end;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  let position = bytes.indexOf(newline);
  while (position !== -1) {
    lines++;
    position = bytes.indexOf(newline, position + 1);
  }
  return bytes.length > 0 && bytes[bytes.length - 1] !== newline ? lines + 1 : lines;
}

function recordTooLong(line: number): GatewayError {
  return new GatewayError(
    'INVALID_SOURCE',
    `Line ${line}: the record that begins here does not end within 1 MiB.`,
    {
      hint: 'A quotation mark that is never closed, or lines that do not end in LF or CRLF.',
    },
  );
}
