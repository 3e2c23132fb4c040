import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { listImports } from '../imports/list-imports.ts';
import { parseQuery } from './query-parameters.ts';

const importsParameters = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('entries at most, 1 to 1000'),
  before: z.coerce.bigint().optional().describe('only entries older than this id'),
});

/** `GET /imports`: the ledger of loads, newest first, each with the first lines that were rejected. */
export function imports({ prisma }: Pick<Database, 'prisma'>): RequestHandler {
  return async (request, response) => {
    const { limit, before } = parseQuery(request, importsParameters);
    const entries = await listImports(prisma, { limit, before, rejections: 100 });
    const text = JSON.stringify({ imports: entries }, (_, value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    response.type('json').send(text);
  };
}
