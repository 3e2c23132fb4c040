import type { AirQualityIndex } from './air-quality-index/air-quality-index.ts';
import { indexedMeasurementsSql } from './air-quality-index/index-sql.ts';
import { convertedSql, unitOf } from './concentration.ts';
import type { MeasurementKey } from './cursor.ts';
import { instantText } from './instant-text.ts';
import type { Presentation } from './presentation.ts';
import type { MeasurementSelection } from './selection.ts';
import { type Bind, bindLiterals, orderSql, selectionSql, whereSql } from './selection-sql.ts';
import type { StatisticsRequest } from './statistics.ts';
import { statisticsColumns, statisticsSql } from './statistics-sql.ts';

/** A column of an export: SQL of its value. An `instant` is written as ISO 8601 text. */
export interface ExportColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: 'instant' | 'text' | 'number' | 'boolean';
  /** For the line of units; empty where there is none. */
  readonly unit: string;
}

/** What an export selects: columns, and `from … order by …` behind them. */
export interface ExportSource {
  readonly columns: readonly ExportColumn[];
  readonly from: string;
}

/** Raw measurements, with one more column for each index. */
export function measurementSource(
  selection: MeasurementSelection,
  presentation: Presentation,
  indexes: readonly AirQualityIndex[],
  after: MeasurementKey | undefined,
  bind: Bind = bindLiterals,
): ExportSource {
  const columns: ExportColumn[] = [
    {
      name: 'TimeInstant',
      sql: presentedInstant('measurement."TimeInstant"', presentation),
      type: 'instant',
      unit: presentation.timezone,
    },
    { name: 'id_entity', sql: 'id_entity', type: 'text', unit: '' },
    ...selection.pollutants.map((code) => ({
      name: code,
      sql: presentedNumber(convertedSql(code, code, presentation.units), presentation),
      type: 'number' as const,
      unit: unitOf(code, presentation.units),
    })),
    ...indexes.map(({ id }) => ({ name: id, sql: `"${id}"`, type: 'number' as const, unit: '1' })),
  ];
  const from =
    indexes.length === 0
      ? selectionSql(selection, bind, after)
      : `from ${indexedMeasurementsSql(selection, indexes, bind)} measurement
         ${whereSql(selection, bind, after)} ${orderSql(selection)}`;
  return { columns, from };
}

const concentrations = new Set(['mean', 'min', 'max', 'median', 'p95', 'p98', 'stddev']);

/** Averages over periods: a row a period, station and pollutant. */
export function statisticsSource(
  selection: MeasurementSelection,
  presentation: Presentation,
  request: StatisticsRequest,
): ExportSource {
  const columns = statisticsColumns(request).map(({ name, type }) => ({
    name,
    type: name.startsWith('period_') ? ('instant' as const) : type,
    sql:
      concentrations.has(name) || name.startsWith('percent') || name === 'coverage'
        ? presentedNumber(`"${name}"`, presentation)
        : `"${name}"`,
    unit: name.startsWith('percent') || name === 'coverage' ? '%' : '',
  }));
  const rows = statisticsSql(selection, request, bindLiterals, {
    instantText: (instant) => presentedInstant(instant, presentation),
  });
  return { columns, from: `from (${rows}) statistics` };
}

/** Outside UTC the session runs in the zone that is asked for (copy-stream.ts), and the offset is written. */
function presentedInstant(instant: string, { timezone }: Presentation): string {
  return timezone === 'UTC'
    ? instantText(instant)
    : `to_char(${instant}, 'YYYY-MM-DD"T"HH24:MI:SS.MSTZH:TZM')`;
}

function presentedNumber(number: string, { decimals }: Presentation): string {
  return decimals === null ? number : `round((${number})::numeric, ${decimals})`;
}
