import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { OperationLimits } from './limits.ts';
import { operationCost } from './operation-cost.ts';

export interface LimitedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Checks what a valid operation asks for with its variables.
 * @throws GatewayError LIST_TOO_LONG; QUERY_TOO_COSTLY.
 */
export function assertWithinLimits(
  { schema, document, operation, variables }: LimitedOperation,
  { costMax, listLengthMax }: OperationLimits,
): void {
  const longest = Math.max(longestLiteral(document), longestValue(variables));
  if (longest > listLengthMax) {
    const message = `A list has ${longest} elements; ${listLengthMax} are allowed.`;
    throw new GatewayError('LIST_TOO_LONG', message, {
      hint: 'Leave the list out for all of them, or split it.',
    });
  }
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === 'FragmentDefinition')
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  }).coerced;
  const cost = operationCost({ schema, operation, fragments, variables: coerced ?? variables });
  if (cost > costMax) {
    const message = `The answer may have ${cost} objects; ${costMax} are allowed.`;
    throw new GatewayError('QUERY_TOO_COSTLY', message, {
      hint: 'Ask for smaller pages (`first`), or download everything as CSV from `csvUrl`.',
    });
  }
}

/** Documents are parsed once and executed often. */
const longestLiterals = new WeakMap<DocumentNode, number>();

function longestLiteral(document: DocumentNode): number {
  let longest = longestLiterals.get(document);
  if (longest === undefined) {
    longest = findLongestLiteral(document);
    longestLiterals.set(document, longest);
  }
  return longest;
}

function findLongestLiteral(document: DocumentNode): number {
  let longest = 0;
  visit(document, {
    ListValue({ values }) {
      longest = Math.max(longest, values.length);
    },
  });
  return longest;
}

function longestValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const lengths = Object.values(value).map(longestValue);
  return Math.max(Array.isArray(value) ? value.length : 0, ...lengths);
}
