import pg from 'pg';
import { pollutantCodes } from '../measurements/pollutants.ts';
import { plainUnits } from '../measurements/units.ts';
import type { Layout, LongColumns } from './layout.ts';
import { acceptedRows, rejectFaulty } from './reject-faulty.ts';
import { acceptedLocalTime, acceptedPlausible, acceptedStationId, acceptedTime } from './rejection.ts';
import {
  isInsideRange,
  isLocalTimeUnclear,
  isNumberFaulty,
  isStationIdFaulty,
  isTimeFaulty,
  numberText,
  stationIdOf,
  timeOf,
} from './row-sql.ts';
import type { ValidateOptions } from './validate.ts';

/**
 * Examines a long source line by line and gathers the parameters of a station and time into one row. Of several lines for the
 * same station, time and parameter the last one counts.
 */
export async function castLongRows(
  client: pg.ClientBase,
  layout: Layout,
  long: LongColumns,
  { changingZone, strict }: ValidateOptions,
): Promise<void> {
  const time = `btrim(c${layout.time})`;
  const parameter = `lower(btrim(c${long.parameter}))`;
  const unit =
    long.unit === undefined ? `''` : `translate(lower(btrim(coalesce(c${long.unit}, ''))), 'µμ³^ ', 'uu3')`;
  const left = [...long.codes].filter(([, code]) => code === null).map(([name]) => pg.escapeLiteral(name));
  const codes = [...long.codes].filter(([, code]) => code !== null);
  await client.query(`
    CREATE TEMPORARY TABLE import_long AS
    SELECT line, ${time} AS time_text,
           ${layout.stationByName ? stationIdOf(`c${layout.station}`) : `btrim(c${layout.station})`} AS id_entity,
           c${layout.station} AS station_text, c${long.parameter} AS parameter_text,
           ${long.unit === undefined ? 'NULL::text' : `c${long.unit}`} AS unit_text, c${long.value} AS value_text,
           CASE ${parameter} ${codes.map(([name, code]) => `WHEN ${pg.escapeLiteral(name)} THEN '${code}'`).join(' ')} END AS code,
           ${unit} AS unit, ${numberText(`nullif(btrim(c${long.value}), '')`, layout)} AS number
    FROM import_staged ${left.length > 0 ? `WHERE coalesce(${parameter} NOT IN (${left.join(', ')}), true)` : ''}`);
  await client.query('ALTER TABLE import_long ADD factor double precision');
  const factors = [...long.factors].flatMap(([code, byUnit]) =>
    [...byUnit].map(([name, factor]) => `('${code}', '${name}', ${factor}::double precision)`),
  );
  await client.query(`
    UPDATE import_long SET factor = known.factor FROM (VALUES ${factors.join(', ')}) AS known(code, unit, factor)
    WHERE import_long.code = known.code AND import_long.unit = known.unit`);
  const column = (index: number | undefined) => layout.columns[index ?? -1] ?? '';
  const inRange = `CASE code ${pollutantCodes.map((code) => `WHEN '${code}' THEN ${isInsideRange('number::double precision * factor', code)}`).join(' ')} END`;
  await rejectFaulty(client, 'import_long', [
    {
      field: column(layout.time),
      value: 'time_text',
      condition: isTimeFaulty('time_text', layout),
      reason: acceptedTime,
    },
    ...(changingZone === undefined
      ? []
      : [
          {
            field: column(layout.time),
            value: 'time_text',
            condition: isLocalTimeUnclear('time_text', changingZone),
            reason: acceptedLocalTime(changingZone),
          },
        ]),
    {
      field: column(layout.station),
      value: 'station_text',
      condition: isStationIdFaulty('id_entity'),
      reason: acceptedStationId,
    },
    ...(strict
      ? [
          {
            field: column(layout.station),
            value: 'station_text',
            condition: 'NOT EXISTS (SELECT FROM station WHERE station.id = id_entity)',
            reason: 'a station that exists already',
          },
        ]
      : []),
    {
      field: column(long.parameter),
      value: 'parameter_text',
      condition: 'code IS NULL',
      reason: `one of ${pollutantCodes.join(', ')}; --map NAME=ignore leaves a parameter out`,
    },
    {
      field: column(long.unit),
      value: 'unit_text',
      condition: 'factor IS NULL',
      reason: `a unit of ${plainUnits.join(', ')} that the parameter can be converted from`,
    },
    {
      field: column(long.value),
      value: 'value_text',
      condition: isNumberFaulty('number', inRange),
      reason: acceptedPlausible,
    },
  ]);
  // max() of at most one value: DISTINCT ON has kept the last line of each.
  await client.query(`
    CREATE TEMPORARY TABLE import_row AS
    SELECT min(line) AS line, "TimeInstant", id_entity COLLATE "C" AS id_entity,
           ${pollutantCodes.map((code) => `max(value) FILTER (WHERE code = '${code}') AS ${code}`).join(', ')}
    FROM (
      SELECT DISTINCT ON (2, 3, 4) line, ${timeOf('time_text', layout)} AS "TimeInstant", id_entity, code,
             CASE factor WHEN 1 THEN number::double precision ELSE number::double precision * factor END AS value
      FROM ${acceptedRows('import_long')} ORDER BY 2, 3, 4, line DESC
    ) AS last_line
    GROUP BY "TimeInstant", id_entity;
    DROP TABLE import_long`);
}
