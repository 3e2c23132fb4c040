import { GatewayError } from '../errors.ts';

/**
 * Gives the text of a source as UTF-8 without byte order mark. Unless `encoding` says otherwise: by its byte order mark, else
 * UTF-8 when the beginning is valid UTF-8, else windows-1252, which is what spreadsheets write in western Europe.
 * @throws GatewayError INVALID_ARGUMENT when there is no such encoding.
 */
export async function* toUtf8(bytes: AsyncIterable<Buffer>, encoding?: string): AsyncGenerator<Buffer> {
  const iterator = bytes[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  // Long enough to meet a letter outside of ASCII where there are any.
  while (first.length < 65_536) {
    const next = await iterator.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  const label = encoding === undefined ? detected(first) : encoding.toLowerCase();
  const decoder = decoderFor(label);
  const rest = { [Symbol.asyncIterator]: () => iterator };
  if (decoder.encoding === 'utf-8') {
    const marked = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf;
    const body = marked ? first.subarray(3) : first;
    if (body.length > 0) yield body;
    yield* rest;
    return;
  }
  yield Buffer.from(decoder.decode(first, { stream: true }));
  for await (const part of rest) yield Buffer.from(decoder.decode(part, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function detected(first: Buffer): string {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be';
  try {
    // Streaming, so that a character cut at the end is not taken for a fault.
    new TextDecoder('utf-8', { fatal: true }).decode(first, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

function decoderFor(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label);
  } catch {
    throw new GatewayError('INVALID_ARGUMENT', `There is no encoding "${label}".`, {
      field: 'encoding',
      hint: 'Such as utf-8, windows-1252, iso-8859-15, utf-16le.',
    });
  }
}
