const delimiters = [',', ';', '\t', '|'] as const;

/** The delimiter that stands most often in the header, outside of quotation marks; a comma when none does. */
export function detectDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => bare.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

/**
 * A comma when values are written with one (`4,5`) and none with a point, else a point.
 * @param lines the first records; the last one may be cut.
 */
export function detectDecimal(
  lines: readonly string[],
  delimiter: string,
  valueColumns: readonly number[],
): '.' | ',' {
  if (delimiter === ',') return '.';
  let commas = 0;
  for (const line of lines) {
    const fields = line.split(delimiter);
    for (const column of valueColumns) {
      const value = fields[column]?.trim().replace(/^"(.*)"$/, '$1') ?? '';
      if (/^[+-]?\d*\.\d/.test(value)) return '.';
      if (/^[+-]?\d*,\d+$/.test(value)) commas++;
    }
  }
  return commas > 0 ? ',' : '.';
}
