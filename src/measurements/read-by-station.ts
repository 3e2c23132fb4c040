import type pg from 'pg';
import { decodeCursor } from './cursor.ts';
import { inDirection, type MeasurementPage, type PageArguments, pageOf, pageWindow } from './page.ts';
import type { MeasurementSelection } from './selection.ts';
import { bindParameters, orderSql, timeInstantText, whereSql } from './selection-sql.ts';

/**
 * A page of the same kind for each of many stations, in one statement: one index range a station.
 * @param selection what is wanted of each of them; its own stations are of no meaning
 * @throws GatewayError as readPage.
 */
export async function readPageByStation(
  pool: pg.Pool,
  selection: MeasurementSelection,
  stationIds: readonly string[],
  args: PageArguments,
  pageSizeMax: number,
): Promise<readonly MeasurementPage[]> {
  const window = pageWindow(args, pageSizeMax);
  const { bind, values } = bindParameters();
  const wanted = `unnest(${bind(arrayLiteral(stationIds), 'text[]')}) with ordinality wanted (id, place)`;
  const key = window.cursor === undefined ? undefined : decodeCursor(selection.order, window.cursor);
  const ofAny = inDirection({ ...selection, stationIds: null }, window);
  const columns = [timeInstantText, 'id_entity', ...selection.pollutants];
  const where = whereSql(ofAny, bind, key);
  const { rows } = await pool.query<unknown[]>({
    text: `select page.* from ${wanted} cross join lateral (
        select ${columns.join(', ')} from environment_airq_measurand measurement
        ${where === '' ? 'where' : `${where} and`} id_entity = wanted.id collate "C" ${orderSql(ofAny)}
        limit ${window.size + 1}
      ) page order by wanted.place`,
    values,
    rowMode: 'array',
  });
  const byStation = Map.groupBy(rows, (row) => row[1] as string);
  return stationIds.map((id) => pageOf(selection, window, byStation.get(id) ?? []));
}

/** The number of measurements of each of many stations, in one statement. */
export async function countByStation(
  pool: pg.Pool,
  selection: MeasurementSelection,
  stationIds: readonly string[],
): Promise<readonly number[]> {
  const { bind, values } = bindParameters();
  const { rows } = await pool.query<{ id_entity: string; count: string }>(
    `select id_entity, count(*) as count from environment_airq_measurand measurement
     ${whereSql({ ...selection, stationIds: [...new Set(stationIds)] }, bind)} group by id_entity`,
    values,
  );
  const counts = new Map(rows.map(({ id_entity, count }) => [id_entity, Number(count)]));
  return stationIds.map((id) => counts.get(id) ?? 0);
}

/** The form of station ids leaves nothing that an array literal would have to escape. */
function arrayLiteral(ids: readonly string[]): string {
  return `{${[...new Set(ids)].join(',')}}`;
}
