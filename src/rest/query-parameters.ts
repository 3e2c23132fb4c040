import type { Request } from 'express';
import type { z } from 'zod';
import { parseParameters } from '../parameters.ts';

/** Parses the query string of a request. @throws GatewayError as parseParameters. */
export function parseQuery<Shape extends z.ZodRawShape>(
  request: Request,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  return parseParameters(request.query, schema);
}
