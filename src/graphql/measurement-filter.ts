import type { Comparison } from '../measurements/comparison.ts';
import type { MeasurementFilter } from '../measurements/selection.ts';
import type { ComparisonOperator, MeasurementFilter as MeasurementFilterInput } from './schema.types.ts';

const operators: Record<ComparisonOperator, Comparison['operator']> = {
  LT: '<',
  LTE: '<=',
  EQ: '=',
  NE: '!=',
  GTE: '>=',
  GT: '>',
};

/** The domain's filter of an input `MeasurementFilter`. */
export function measurementFilter(where: MeasurementFilterInput | null | undefined): MeasurementFilter {
  if (where == null) return {};
  const { values, ...rest } = where;
  const comparisons = values?.map((value) => ({ ...value, operator: operators[value.operator] }));
  return { ...rest, comparisons };
}
