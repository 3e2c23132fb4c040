import pg from 'pg';
import type { Layout } from './layout.ts';
import { acceptedRows, rejectFaulty } from './reject-faulty.ts';
import {
  acceptedLocalTime,
  acceptedStationId,
  acceptedTime,
  acceptedValue,
  stationIdForm,
} from './rejection.ts';
import {
  insideYears,
  isInsideRange,
  isLocalTimeUnclear,
  isNumberFaulty,
  isStationIdFaulty,
  isTimeFaulty,
  isTimeShaped,
  numberText,
  scaled,
  stationIdOf,
  timeOf,
} from './row-sql.ts';
import type { ValidateOptions } from './validate.ts';

/**
 * Casts every row of a wide source in one statement and looks for faults in the whole.
 * @returns false, with nothing made, when there is any.
 */
export async function castWideRowsAtOnce(client: pg.ClientBase, layout: Layout): Promise<boolean> {
  const time = `c${layout.time}`;
  const station = layout.stationByName ? stationIdOf(`c${layout.station}`) : `c${layout.station}`;
  const values = layout.values.map(
    ({ code, column, factor }) => `${scaled(numberText(`c${column}`, layout), factor)} AS ${code}`,
  );
  try {
    await client.query(`
      CREATE TEMPORARY TABLE import_row AS
      SELECT line, ${timeOf(time, layout)} AS "TimeInstant", (${station}) COLLATE "C" AS id_entity, ${values.join(', ')}
      FROM import_staged WHERE ${isTimeShaped(time)}`);
  } catch (error) {
    // Class 22, data exception: a text that is no time or number.
    if (!(error instanceof pg.DatabaseError) || !error.code?.startsWith('22')) throw error;
    return false;
  }
  const ranges = layout.values.map(
    ({ code }) =>
      `coalesce(${isInsideRange(`min(${code})`, code)} AND ${isInsideRange(`max(${code})`, code)}, true)`,
  );
  const { rows } = await client.query<{ faultless: boolean }>(`
    SELECT (SELECT count(*) FROM import_staged) = count(*)
       AND coalesce(${insideYears('min("TimeInstant")')} AND ${insideYears('max("TimeInstant")')}, true)
       AND ${ranges.join(' AND ')}
       AND (SELECT coalesce(bool_and(id_entity IS NOT NULL AND id_entity ~ '${stationIdForm}'), true)
            FROM (SELECT DISTINCT id_entity FROM import_row) AS station) AS faultless
    FROM import_row`);
  if (rows[0]?.faultless) return true;
  await client.query('DROP TABLE import_row');
  return false;
}

/** Examines a wide source line by line, rejects what is faulty and casts the rest. */
export async function castWideRows(
  client: pg.ClientBase,
  layout: Layout,
  { changingZone }: ValidateOptions,
): Promise<void> {
  const time = `btrim(c${layout.time})`;
  const station = layout.stationByName ? stationIdOf(`c${layout.station}`) : `btrim(c${layout.station})`;
  const values = layout.values.map((value) => ({
    ...value,
    text: numberText(`nullif(btrim(c${value.column}), '')`, layout),
  }));
  const fieldOf = (column: number) => ({ field: layout.columns[column] ?? '', value: `c${column}` });
  await rejectFaulty(client, 'import_staged', [
    { ...fieldOf(layout.time), condition: isTimeFaulty(time, layout), reason: acceptedTime },
    ...(changingZone === undefined
      ? []
      : [
          {
            ...fieldOf(layout.time),
            condition: isLocalTimeUnclear(time, changingZone),
            reason: acceptedLocalTime(changingZone),
          },
        ]),
    { ...fieldOf(layout.station), condition: isStationIdFaulty(station), reason: acceptedStationId },
    ...values.map(({ code, column, factor, text }) => ({
      ...fieldOf(column),
      condition: isNumberFaulty(text, isInsideRange(scaled(text, factor), code)),
      reason: factor === 1 ? acceptedValue(code) : `${acceptedValue(code)}, once converted`,
    })),
  ]);
  await client.query(`
    CREATE TEMPORARY TABLE import_row AS
    SELECT line, ${timeOf(time, layout)} AS "TimeInstant", (${station}) COLLATE "C" AS id_entity,
           ${values.map(({ code, text, factor }) => `${scaled(text, factor)} AS ${code}`).join(', ')}
    FROM ${acceptedRows('import_staged')}`);
}
