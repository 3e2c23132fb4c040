import { stringQuoteOnlyIfNecessary } from '@json2csv/formatters';
import { Parser } from '@json2csv/plainjs';

/** Renders small lists of objects as CSV in the dialect of `/air_quality`: header, `\n`, quotes where needed. */
export function csvTable(columns: readonly string[]): (rows: readonly object[]) => string {
  const quote = stringQuoteOnlyIfNecessary({ eol: '\n' });
  const parser = new Parser({
    fields: [...columns],
    eol: '\n',
    formatters: { string: quote, header: quote },
  });
  return (rows) => `${parser.parse(rows)}\n`;
}
