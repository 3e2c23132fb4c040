import { z } from 'zod';

/** A parameter that takes several values: repeated, comma-separated or both. */
export function list<Element extends z.ZodType<unknown, string>>(element: Element) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(',')))
    .pipe(z.array(element).min(1))
    .meta({ list: true });
}
