import pg from 'pg';
import type { ExportColumn, ExportSource } from './export-columns.ts';
import type { CsvDialect } from './presentation.ts';

/** `copy (…) to stdout` that prints a source as CSV; what the dialect puts before COPY's own output is `csvPreamble`. */
export function csvCopySql({ columns, from }: ExportSource, dialect: CsvDialect): string {
  const values = columns.map(({ name, sql, type }) => {
    const value = type === 'number' && dialect.decimal === ',' ? `replace((${sql})::text, '.', ',')` : sql;
    return `${value} as ${pg.escapeIdentifier(name)}`;
  });
  const options = [
    'format csv',
    `header ${headerByCopy(dialect)}`,
    `delimiter ${pg.escapeLiteral(dialect.delimiter)}`,
    `null ${pg.escapeLiteral(dialect.nullText)}`,
  ];
  return `copy (select ${values.join(', ')} ${from}) to stdout with (${options.join(', ')})`;
}

/** What stands before the bytes of `csvCopySql`: byte order mark, and the header where it has a line of units. */
export function csvPreamble(columns: readonly ExportColumn[], dialect: CsvDialect): string {
  const line = (texts: readonly string[]) => `${texts.join(dialect.delimiter)}\n`;
  const header =
    dialect.header === 'units'
      ? line(columns.map(({ name }) => name)) + line(columns.map(({ unit }) => unit))
      : '';
  return (dialect.bom ? '\ufeff' : '') + header;
}

const headerByCopy = ({ header }: CsvDialect) => header === 'names';

/**
 * `copy (…) to stdout` that prints a source as JSON objects, one a line, each behind `separator`. COPY's text format
 * escapes only backslash, tab and line ends; none of which `jsonLineSql` gives.
 */
export function jsonCopySql({ columns, from }: ExportSource, separator: '' | ','): string {
  return `copy (select ${jsonLineSql(columns, separator)} ${from}) to stdout`;
}

/**
 * SQL of a row as a JSON object behind `separator`. Neither station ids, times, names of pollutants nor finite numbers have
 * anything that JSON escapes.
 */
export function jsonLineSql(columns: readonly ExportColumn[], separator: '' | ','): string {
  const values = columns.map(({ name, sql, type }, index) => {
    const key = `${index === 0 ? `${separator}{` : ','}"${name}":`;
    return type === 'text' || type === 'instant'
      ? `${pg.escapeLiteral(`${key}"`)} || ${sql} || '"'`
      : `${pg.escapeLiteral(key)} || coalesce((${sql})::text, 'null')`;
  });
  return `${values.join(' || ')} || '}'`;
}

/**
 * SQL of a row as a line of CSV, the same as COPY prints it; undefined for a dialect in which COPY would have to quote
 * some values.
 */
export function csvLineSql(
  columns: readonly ExportColumn[],
  { delimiter, decimal, nullText }: CsvDialect,
): string | undefined {
  if (delimiter === decimal || !/^[A-Za-z]*$/.test(nullText)) return undefined;
  const values = columns.map(({ sql, type }) => {
    if (type !== 'number') return sql;
    const text = decimal === ',' ? `replace((${sql})::text, '.', ',')` : `(${sql})::text`;
    return `coalesce(${text}, ${pg.escapeLiteral(nullText)})`;
  });
  return values.join(` || ${pg.escapeLiteral(delimiter)} || `);
}
