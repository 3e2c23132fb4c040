import { pollutantCodes } from '../pollutants.ts';
import type { MeasurementSelection } from '../selection.ts';
import { type Bind, whereSql } from '../selection-sql.ts';
import { stationStepSql } from '../station-step-sql.ts';
import { dataCaptureThreshold } from '../statistics-sql.ts';
import {
  type AirQualityIndex,
  concentrationRange,
  type IndexBand,
  type IndexComponent,
  truncationTolerance,
} from './air-quality-index.ts';

/** `componentValue` in SQL, to the same number. @param concentration SQL in the pollutant's own unit */
export function componentValueSql(component: IndexComponent, concentration: string): string {
  const { factor, decimals, bands, beyond } = component;
  const [least, greatest] = concentrationRange;
  const converted = `case when ${concentration} < ${least}::float8 then 0 else least(${concentration}, ${greatest}) * ${factor}::float8 end`;
  const scale = decimals === undefined ? 1 : 10 ** decimals;
  const value =
    decimals === undefined
      ? converted
      : `floor((${converted}) * ${scale}::float8 + ${truncationTolerance}::float8) / ${scale}::float8`;
  const line = ({ from, to, index }: IndexBand) =>
    index[0] === index[1]
      ? `${index[0]}`
      : `floor(${index[0]} + ((value - ${from}::float8) / (${to}::float8 - ${from}::float8)) * ${index[1] - index[0]} + 0.5)::int`;
  const last = bands.at(-1) as IndexBand;
  const cases = bands.map((band) => `when value <= ${band.to}::float8 then ${line(band)}`);
  // Above the last band is where a comparison with null would end up, too.
  return `(select case when ${concentration} is null or value < ${bands[0]?.from}::float8 then null ${cases.join(' ')}
    else ${beyond === 'cap' ? last.index[1] : line(last)} end from (values (${value})) looked_up (value))`;
}

/** Longest average that any index is made of. */
const longestAverage = `interval '24 hours'`;

/**
 * The measurements of a selection as a table expression, each with one more column per index, named by its id: the index
 * at that time from the averages that end with it. It has every column of `environment_airq_measurand` and stands in its
 * place: `select … from ${indexedMeasurementsSql(…)} measurement order by …`. An average counts when
 * `dataCaptureThreshold` percent of it were observed, also before the selection begins.
 */
export function indexedMeasurementsSql(
  selection: MeasurementSelection,
  indexes: readonly AirQualityIndex[],
  bind: Bind,
): string {
  const { from, to } = selection;
  const conditions = [
    ...(from === null
      ? []
      : [`"TimeInstant" >= ${bind(from.toISOString(), 'timestamptz')} - ${longestAverage}`]),
    ...(to === null ? [] : [`"TimeInstant" < ${bind(to.toISOString(), 'timestamptz')}`]),
  ];
  const stations = whereSql({ ...selection, from: null, to: null, comparisons: [] }, bind);
  const lookedBack = [stations.replace(/^where /, ''), ...conditions].filter(Boolean);
  const hours = [
    ...new Set(indexes.flatMap(({ components }) => components.map((part) => part.averagingHours))),
  ];
  const averages = hours.flatMap((length) =>
    pollutantCodes.map((code) => `${trailingAverage(code, length)} as ${code}_${length}h`),
  );
  const windows = hours.map(
    (length) => `trailing_${length} as (partition by id_entity order by "TimeInstant"
      range between interval '${length} hours' - interval '1 ms' preceding and current row)`,
  );
  const values = indexes.map(
    (index) =>
      `greatest(${index.components
        .map((part) => componentValueSql(part, `${part.pollutant}_${part.averagingHours}h`))
        .join(', ')}) as "${index.id}"`,
  );
  const source = `environment_airq_measurand measurement ${lookedBack.length === 0 ? '' : `where ${lookedBack.join(' and ')}`}`;
  return `(
    select averaged.*, ${values.join(', ')} from (
      select stepped.*, ${averages.join(', ')} from (
        select measurement.*, station_step.step from (select * from ${source}) measurement
        join (select id, ${stationStepSql('station.id')} as step from station) station_step on station_step.id = id_entity
      ) stepped window ${windows.join(', ')}
    ) averaged ${from === null ? '' : `where "TimeInstant" >= ${bind(from.toISOString(), 'timestamptz')}`}
  )`;
}

function trailingAverage(code: string, hours: number): string {
  const window = `over trailing_${hours}`;
  return `case when 100 * count(${code}) ${window} * step >= ${dataCaptureThreshold * hours * 60}
    then avg(${code}) ${window} end`;
}
