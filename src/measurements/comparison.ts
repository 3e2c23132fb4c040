import { GatewayError } from '../errors.ts';
import { type PollutantCode, pollutantCodes } from './pollutants.ts';

/** A condition on a value, in the pollutant's stored unit; a value that was not reported meets none. */
export interface Comparison {
  readonly pollutant: PollutantCode;
  readonly operator: '<' | '<=' | '=' | '!=' | '>=' | '>';
  readonly value: number;
}

const form = new RegExp(`^(${pollutantCodes.join('|')})(<=|>=|!=|<|>|=)(-?\\d+(?:\\.\\d+)?(?:e-?\\d+)?)$`);

/**
 * Reads `pm2_5>25`.
 * @throws GatewayError INVALID_ARGUMENT naming the form.
 */
export function parseComparison(text: string): Comparison {
  const match = form.exec(text.replaceAll(' ', ''));
  if (match === null) {
    throw new GatewayError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not a comparison.`, {
      field: 'where',
      hint: `Accepted: a pollutant (${pollutantCodes.join(', ')}), one of < <= = != >= >, a number; e.g. pm2_5>25.`,
    });
  }
  const [, pollutant, operator, value] = match;
  return {
    pollutant: pollutant as PollutantCode,
    operator: operator as Comparison['operator'],
    value: Number(value),
  };
}

/** The same in its one spelling. */
export function comparisonText({ pollutant, operator, value }: Comparison): string {
  return `${pollutant}${operator}${value}`;
}
