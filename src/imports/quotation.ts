const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * True when every quotation mark opens a field, closes one, or is doubled inside one (RFC 4180). COPY is more lenient:
 * it takes `"1"0` for 10.
 */
export function quotedStrictly(bytes: Buffer, delimiter = 0x2c): boolean {
  const separates = (byte: number | undefined) =>
    byte === undefined || byte === delimiter || byte === newline || byte === carriageReturn;
  let position = bytes.indexOf(quote);
  while (position !== -1) {
    if (!separates(bytes[position - 1])) return false;
    let closing = bytes.indexOf(quote, position + 1);
    while (closing !== -1 && bytes[closing + 1] === quote) closing = bytes.indexOf(quote, closing + 2);
    if (closing === -1 || !separates(bytes[closing + 1])) return false;
    position = bytes.indexOf(quote, closing + 1);
  }
  return true;
}
