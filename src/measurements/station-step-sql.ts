/**
 * SQL of the minutes between two observations that a station is expected to keep up: the most frequent step (whole
 * minutes) between its newest 200 measurements. It does not depend on what is selected, so that two ways to the same
 * period expect the same. A quarter of an hour where there is too little to tell.
 * @param stationId SQL of the station's id
 */
export function stationStepSql(stationId: string): string {
  return `coalesce((
    select mode() within group (order by gap) from (
      select greatest(1, round(extract(epoch from "TimeInstant" - lag("TimeInstant") over (order by "TimeInstant")) / 60)) as gap
      from (
        select "TimeInstant" from environment_airq_measurand where id_entity = ${stationId}
        order by "TimeInstant" desc limit 200
      ) newest
    ) gaps where gap is not null
  ), 15)::float8`;
}
