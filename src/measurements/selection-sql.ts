import pg from 'pg';
import type { MeasurementKey } from './cursor.ts';
import { instantText } from './instant-text.ts';
import type { MeasurementOrder, MeasurementSelection } from './selection.ts';

/** Puts a value into SQL text: as a numbered parameter, or escaped in place where COPY takes no parameters. */
export type Bind = (value: string, type: 'text' | 'text[]' | 'timestamptz' | 'float8') => string;

/** Collects values as `$1`, `$2`, …; `values` is ready for the driver. */
export function bindParameters(): { bind: Bind; values: string[] } {
  const values: string[] = [];
  return { bind: (value, type) => `$${values.push(value)}::${type}`, values };
}

/** Escapes values in place. */
export const bindLiterals: Bind = (value, type) => `${pg.escapeLiteral(value)}::${type}`;

/** ISO 8601 in UTC with milliseconds, whatever the session's settings. */
export const timeInstantText = instantText('"TimeInstant"');

// Qualified, since a plain "TimeInstant" would mean the formatted text that exports select under this name, and make
// PostgreSQL sort what an index has in order already.
const orderColumns: Record<MeasurementOrder, string> = {
  TIME: 'measurement."TimeInstant", measurement.id_entity',
  TIME_DESC: 'measurement."TimeInstant" desc, measurement.id_entity desc',
  STATION: 'measurement.id_entity, measurement."TimeInstant"',
  STATION_DESC: 'measurement.id_entity desc, measurement."TimeInstant" desc',
};

/** `from … where … order by …` of a selection, from behind `after` when given. */
export function selectionSql(selection: MeasurementSelection, bind: Bind, after?: MeasurementKey): string {
  return `from environment_airq_measurand measurement ${whereSql(selection, bind, after)} ${orderSql(selection)}`;
}

/** `order by …` of a selection whose rows are called `measurement`. */
export function orderSql({ order }: Pick<MeasurementSelection, 'order'>): string {
  return `order by ${orderColumns[order]}`;
}

/** `where …` of a selection, or nothing when it selects everything. */
export function whereSql(selection: MeasurementSelection, bind: Bind, after?: MeasurementKey): string {
  const conditions = selectionConditions(selection, bind);
  if (after !== undefined) conditions.push(...keysetConditions(selection.order, after, bind));
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
}

function selectionConditions(
  { stationIds, from, to, comparisons }: MeasurementSelection,
  bind: Bind,
): string[] {
  const conditions: string[] = [];
  if (stationIds?.length === 1) conditions.push(`id_entity = ${bind(stationIds[0] as string, 'text')}`);
  // The form of station ids leaves nothing that an array literal would have to escape.
  else if (stationIds !== null)
    conditions.push(`id_entity = any(${bind(`{${stationIds.join(',')}}`, 'text[]')})`);
  if (from !== null) conditions.push(`"TimeInstant" >= ${bind(from.toISOString(), 'timestamptz')}`);
  if (to !== null) conditions.push(`"TimeInstant" < ${bind(to.toISOString(), 'timestamptz')}`);
  for (const { pollutant, operator, value } of comparisons) {
    conditions.push(`${pollutant} ${operator} ${bind(String(value), 'float8')}`);
  }
  return conditions;
}

function keysetConditions(order: MeasurementOrder, after: MeasurementKey, bind: Bind): string[] {
  const time = bind(after.timeInstant, 'timestamptz');
  const station = bind(after.stationId, 'text');
  // A row comparison alone prunes no partition; the plain comparison beside it does.
  switch (order) {
    case 'TIME':
      return [`("TimeInstant", id_entity) > (${time}, ${station})`, `"TimeInstant" >= ${time}`];
    case 'TIME_DESC':
      return [`("TimeInstant", id_entity) < (${time}, ${station})`, `"TimeInstant" <= ${time}`];
    case 'STATION':
      return [`(id_entity, "TimeInstant") > (${station}, ${time})`];
    case 'STATION_DESC':
      return [`(id_entity, "TimeInstant") < (${station}, ${time})`];
  }
}
