import type { FragmentDefinitionNode, GraphQLResolveInfo, SelectionSetNode } from 'graphql';

/** Names of all fields below the one that is being resolved, at any depth, whatever `@skip` and `@include` say. */
export function selectedFields({
  fieldNodes,
  fragments,
}: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): ReadonlySet<string> {
  const names = new Set<string>();
  const visited = new Set<string>();
  const visit = (selectionSet: SelectionSetNode | undefined) => {
    for (const selection of selectionSet?.selections ?? []) {
      switch (selection.kind) {
        case 'Field':
          names.add(selection.name.value);
          visit(selection.selectionSet);
          break;
        case 'InlineFragment':
          visit(selection.selectionSet);
          break;
        case 'FragmentSpread': {
          const name = selection.name.value;
          if (visited.has(name)) break;
          visited.add(name);
          visit((fragments[name] as FragmentDefinitionNode | undefined)?.selectionSet);
        }
      }
    }
  };
  for (const node of fieldNodes) visit(node.selectionSet);
  return names;
}
