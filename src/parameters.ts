import { z } from 'zod';
import { GatewayError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/**
 * Parses named texts by a schema: the query of a request, the options of a command.
 * @throws GatewayError UNKNOWN_PARAMETER with the nearest valid name, REPEATED_PARAMETER, INVALID_ARGUMENT with the
 *   accepted form.
 */
export function parseParameters<Shape extends z.ZodRawShape>(
  given: Readonly<Record<string, unknown>>,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const known = Object.keys(schema.shape);
  for (const [name, value] of Object.entries(given)) {
    const parameter = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
    if (parameter === undefined) throw unknownParameter(name, known);
    if (Array.isArray(value) && !isList(parameter)) {
      throw new GatewayError('REPEATED_PARAMETER', `\`${name}\` is given ${value.length} times.`, {
        field: name,
        hint: 'Give it once.',
      });
    }
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const field = String(issue.path[0]);
  throw new GatewayError('INVALID_ARGUMENT', `\`${field}\`: ${issue.message}`, {
    field,
    ...(schema.shape[field] && { hint: `Accepted: ${(schema.shape[field] as z.ZodType).description}` }),
  });
}

/** Whether a parameter takes several values (text-list.ts). */
export function isList(parameter: z.ZodType): boolean {
  const inner = parameter instanceof z.ZodOptional ? (parameter.unwrap() as z.ZodType) : parameter;
  return inner.meta()?.list === true;
}

function unknownParameter(name: string, known: readonly string[]): GatewayError {
  const nearest = nearestName(name, known);
  return new GatewayError('UNKNOWN_PARAMETER', `There is no parameter \`${name}\`.`, {
    field: name,
    hint:
      known.length === 0
        ? 'This address takes no parameters.'
        : `${nearest === undefined ? '' : `Did you mean \`${nearest}\`? `}Parameters: ${known.join(', ')}.`,
  });
}
