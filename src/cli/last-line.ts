import { open } from 'node:fs/promises';

/** Longer than any line of an export. */
const tailLength = 65_536;

/** The last line of a file that ends in a line end, without it; empty when there is none. */
export async function lastCompleteLine(file: string): Promise<string> {
  const { tail, end } = await readTail(file);
  const complete = tail.subarray(0, end);
  return complete.subarray(complete.subarray(0, -1).lastIndexOf(10) + 1, -1).toString();
}

/** Cuts what stands behind the last line end of a file: the line that an interruption left half written. */
export async function truncateToLastLine(file: string): Promise<void> {
  const { start, end } = await readTail(file);
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(start + end);
  } finally {
    await handle.close();
  }
}

/** The last bytes of a file, where they start, and how many of them are complete lines. */
async function readTail(file: string): Promise<{ tail: Buffer; start: number; end: number }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - tailLength);
    const tail = Buffer.alloc(size - start);
    await handle.read(tail, 0, tail.length, start);
    return { tail, start, end: tail.lastIndexOf(10) + 1 };
  } finally {
    await handle.close();
  }
}
