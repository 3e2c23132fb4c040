import type { GraphQLResolveInfo } from 'graphql';
import { GatewayError } from '../errors.ts';
import { type ConcentrationUnits, massUnits } from '../measurements/concentration.ts';
import type { MeasurementSet } from '../measurements/measurement-set.ts';
import { selectMeasurements } from '../measurements/selection.ts';
import { type PeriodStatistics, requestStatistics, statisticNames } from '../measurements/statistics.ts';
import type { StatisticsPage } from '../measurements/statistics-page.ts';
import type { GraphQLContext } from './context.ts';
import type {
  ConcentrationUnits as ConcentrationUnitsName,
  MeasurementSetStatisticsArgs,
  RequireFields,
} from './schema.types.ts';
import { selectedFields } from './selected-fields.ts';

/** A row with the units its values are in. */
export type PeriodStatisticsInUnits = PeriodStatistics & { readonly units: ConcentrationUnits };

const units: Record<ConcentrationUnitsName, ConcentrationUnits> = {
  MASS: massUnits,
  PPB_20C: { kind: 'ppb', celsius: 20 },
  PPB_25C: { kind: 'ppb', celsius: 25 },
};

const coverageFields = ['expectedCount', 'percentComplete', 'percentCoverage', 'valid'];

/** `MeasurementSet.statistics`. PostgreSQL computes only the statistics that the query selects. */
export function resolveStatistics(
  set: MeasurementSet,
  args: RequireFields<MeasurementSetStatisticsArgs, 'interval' | 'units' | 'first'>,
  { loaders }: GraphQLContext,
  info: GraphQLResolveInfo,
): Promise<StatisticsPage> {
  const selected = selectedFields(info);
  const request = requestStatistics({
    interval: args.interval,
    timezone: args.timezone,
    statistics: statisticNames.filter((name) => selected.has(name)),
    units: units[args.units],
    coverage: coverageFields.some((name) => selected.has(name)),
  });
  return loaders.statistics.load({
    set: args.pollutants == null ? set : onlyPollutants(set, args.pollutants),
    args: { request, first: args.first, after: args.after },
  });
}

/** @throws GatewayError INVALID_ARGUMENT for a pollutant that the set leaves out. */
function onlyPollutants(
  set: MeasurementSet,
  wanted: NonNullable<MeasurementSetStatisticsArgs['pollutants']>,
) {
  const { pollutants } = selectMeasurements({ where: { pollutants: wanted } });
  const missing = pollutants.find((code) => !set.selection.pollutants.includes(code));
  if (missing !== undefined) {
    throw new GatewayError('INVALID_ARGUMENT', `The set does not have ${missing.toUpperCase()}.`, {
      field: 'pollutants',
      hint: `It has ${set.selection.pollutants.join(', ').toUpperCase()}.`,
    });
  }
  return set.withPollutants(pollutants);
}
