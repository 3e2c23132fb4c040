import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import { type ErrorCode, GatewayError } from '../../errors.ts';
import type { OperationLimits } from './limits.ts';

/** An error of the gateway that graphql-js collects with its own; format-error.ts finds the original in it. */
function report(context: ValidationContext, code: ErrorCode, message: string, hint: string): void {
  context.reportError(
    new GraphQLError(message, { originalError: new GatewayError(code, message, { hint }) }),
  );
}

/**
 * Against documents that are small to send and large to answer. They look at the document alone, before anything is
 * executed; fragments count where they are spread.
 */
export function limitRules({ depthMax, aliasesMax, directivesMax }: OperationLimits): ValidationRule[] {
  return [depthRule(depthMax), aliasesRule(aliasesMax), directivesRule(directivesMax)];
}

function depthRule(depthMax: number): ValidationRule {
  return (context) => {
    const depths = new Map<string, number>();
    const depthOf = (node: {
      readonly selectionSet?: import('graphql').SelectionSetNode | undefined;
    }): number => {
      let deepest = 0;
      for (const selection of node.selectionSet?.selections ?? []) {
        let depth = 0;
        // The schema itself is as deep as it is; graphql-js limits how introspection may recurse.
        if (selection.kind === 'Field')
          depth = selection.name.value.startsWith('__') ? 0 : 1 + depthOf(selection);
        else if (selection.kind === 'InlineFragment') depth = depthOf(selection);
        else {
          const name = selection.name.value;
          const known = depths.get(name);
          if (known !== undefined) depth = known;
          else {
            // Also ends cycles, which another rule reports.
            depths.set(name, 0);
            const fragment = context.getFragment(name);
            depth = fragment == null ? 0 : depthOf(fragment);
            depths.set(name, depth);
          }
        }
        deepest = Math.max(deepest, depth);
      }
      return deepest;
    };
    return {
      OperationDefinition(operation) {
        const depth = depthOf(operation);
        if (depth <= depthMax) return;
        const message = `The query has ${depth} levels of fields; ${depthMax} are allowed.`;
        report(context, 'QUERY_TOO_DEEP', message, 'Ask for what is deeper in a second query.');
      },
    };
  };
}

function aliasesRule(aliasesMax: number): ValidationRule {
  return (context) => {
    let aliases = 0;
    return {
      Field(field) {
        if (field.alias !== undefined && ++aliases === aliasesMax + 1) {
          const message = `The document has more than ${aliasesMax} aliases.`;
          report(context, 'TOO_MANY_ALIASES', message, 'Use list arguments, e.g. `stationIds`, instead.');
        }
      },
    };
  };
}

function directivesRule(directivesMax: number): ValidationRule {
  return (context) => {
    let directives = 0;
    return {
      Directive() {
        if (++directives === directivesMax + 1) {
          const message = `The document has more than ${directivesMax} directives.`;
          report(context, 'TOO_MANY_DIRECTIVES', message, 'Split it.');
        }
      },
    };
  };
}
