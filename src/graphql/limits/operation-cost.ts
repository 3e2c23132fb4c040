import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Objects that a list is taken to have when neither page size nor arguments tell. */
const assumedLengths: Record<string, number> = {
  'Query.latest': 100,
  'Query.airQualityIndex': 100,
  'Query.exceedances': 200,
};
/** Lists of the schema itself: pollutants, bands, categories. */
const shortList = 10;

export interface CostedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * How many objects the answer may have: a page counts its size, a list of what was asked for by id the number of ids, and
 * everything within them as often as they have elements. Scalars are free. Computed before anything is executed.
 */
export function operationCost({ schema, operation, fragments, variables }: CostedOperation): number {
  const root = schema.getRootType(operation.operation);
  if (root == null) return 0;
  // The same fragment may be spread very often: its cost is known after the first time.
  const fragmentCosts = new Map<string, number>();

  function selectionCost(
    selectionSet: SelectionSetNode,
    type: GraphQLCompositeType,
    pageSize: number,
  ): number {
    let cost = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') cost += fieldCost(selection, type, pageSize);
      else if (selection.kind === 'InlineFragment') {
        const on =
          selection.typeCondition === undefined ? type : schema.getType(selection.typeCondition.name.value);
        cost += selectionCost(selection.selectionSet, composite(on) ?? type, pageSize);
      } else {
        const name = selection.name.value;
        const key = `${name} ${pageSize}`;
        let known = fragmentCosts.get(key);
        if (known === undefined) {
          fragmentCosts.set(key, 0);
          const fragment = fragments.get(name);
          const on = fragment && composite(schema.getType(fragment.typeCondition.name.value));
          known = fragment && on ? selectionCost(fragment.selectionSet, on, pageSize) : 0;
          fragmentCosts.set(key, known);
        }
        cost += known;
      }
    }
    return cost;
  }

  function fieldCost(field: FieldNode, parent: GraphQLCompositeType, pageSize: number): number {
    const name = field.name.value;
    if (name.startsWith('__') || !(isObjectType(parent) || isInterfaceType(parent))) return 0;
    const definition = parent.getFields()[name];
    const type = definition && composite(getNamedType(definition.type));
    if (definition === undefined || type === undefined || field.selectionSet === undefined) return 0;
    const args = argumentsOf(definition, field, variables);
    const ownPageSize = numberOf(args.first) ?? numberOf(args.last);
    const takesPageSize = definition.args.some((argument) => argument.name === 'first');
    const length = isList(definition.type)
      ? (listLength(args) ??
        (takesPageSize ? (ownPageSize ?? 100) : undefined) ??
        (pageSize > 0 ? pageSize : undefined) ??
        assumedLengths[`${parent.name}.${name}`] ??
        shortList)
      : 1;
    // A connection hands its page size down to its `edges` and `nodes`.
    const handedDown = takesPageSize && !isList(definition.type) ? (ownPageSize ?? 100) : 0;
    return length * (1 + selectionCost(field.selectionSet, type, handedDown));
  }

  return selectionCost(operation.selectionSet, root, 0);
}

function composite(type: GraphQLNamedType | null | undefined): GraphQLCompositeType | undefined {
  return type != null && isCompositeType(type) ? type : undefined;
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.max(0, value) : undefined;
}

function listLength(args: Readonly<Record<string, unknown>>): number | undefined {
  return Array.isArray(args.stationIds) ? args.stationIds.length : undefined;
}

/** Faulty arguments are reported when they are executed; until then they count as absent. */
function argumentsOf(
  definition: Parameters<typeof getArgumentValues>[0],
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  try {
    return getArgumentValues(definition, field, variables);
  } catch {
    return {};
  }
}
