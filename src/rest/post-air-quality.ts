import type { RequestHandler } from 'express';
import type pg from 'pg';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { type ImportOptions, importMeasurements } from '../imports/import-measurements.ts';
import type { ImportSlots } from '../imports/import-slots.ts';
import { parseRejectionLimit } from '../imports/rejection-limit.ts';
import { sourceOf } from '../imports/source.ts';
import { list } from '../measurements/text-list.ts';
import { assertScope, keyHolderOf } from './authorization.ts';
import { importEntry } from './import-entry.ts';
import { parseQuery } from './query-parameters.ts';

const flag = z.stringbool({ error: 'is neither true nor false' }).optional();

/** The query parameters of `POST /air_quality`; the same as the options of `measurement-app import`. */
export const importParameters = z.object({
  on_conflict: z.enum(['update', 'keep', 'fail']).optional().describe('update, keep or fail'),
  max_rejects: z
    .string()
    .optional()
    .describe('rejected lines, or a share of them such as 10%, above which nothing is loaded'),
  strict: flag.describe('true refuses lines of unknown stations instead of creating them'),
  check: flag.describe('true only says what would happen'),
  again: flag.describe('true loads a body that was loaded before once more'),
  timezone: z.string().optional().describe('zone of times without an offset: an IANA name or +01:00'),
  timestamps: z
    .enum(['start', 'end'])
    .optional()
    .describe('start or end: which end of its period a time stamps'),
  period: z.coerce
    .number()
    .int()
    .min(1)
    .max(1440)
    .optional()
    .describe('averaging period in minutes, 1 to 1440'),
  temperature: z.coerce
    .number()
    .min(-50)
    .max(60)
    .optional()
    .describe('°C at which ppb and ppm become masses, -50 to 60'),
  map: list(z.string().regex(/^.+=.+$/))
    .optional()
    .describe('column=field, repeated or comma-separated'),
  unit: list(z.string().regex(/^.+=.+$/))
    .optional()
    .describe('pollutant=unit, repeated or comma-separated'),
  delimiter: z
    .string()
    .length(1)
    .regex(/^[^"\w.\n\r]$/)
    .optional()
    .describe('one character, such as ;'),
  decimal: z.enum(['.', ',']).optional().describe('. or ,'),
  encoding: z.string().optional().describe('a label such as utf-8 or windows-1252'),
});

/** What a body may be. */
export const importBodyTypes = [
  'text/csv',
  'application/x-ndjson',
  'application/jsonl',
  'application/gzip',
  'application/zstd',
  'application/octet-stream',
];

/**
 * `POST /air_quality`: loads the body, CSV or NDJSON, plain or packed, of any size, all or nothing. Answers 201 with the entry
 * of the ledger, 200 when nothing had to be stored (loaded before, or a dry run). A client that leaves half way has loaded
 * nothing.
 */
export function postAirQuality(pool: pg.Pool, slots: ImportSlots): RequestHandler {
  return async (request, response) => {
    const holder = keyHolderOf(request);
    assertScope(holder, 'write');
    const options = importOptions(parseQuery(request, importParameters));
    if (request.is(importBodyTypes) === false && request.get('content-type') !== undefined) {
      throw new GatewayError(
        'INVALID_ARGUMENT',
        `A body of type ${request.get('content-type')} cannot be loaded.`,
        {
          field: 'Content-Type',
          hint: `Accepted: ${importBodyTypes.join(', ')}; gzip and zstd are recognised.`,
        },
      );
    }
    const length = Number(request.get('content-length'));
    // Not destroyed when it is given up: the connection is needed for saying why.
    const body = request.iterator({ destroyOnReturn: false });
    const source = sourceOf('-', body, Number.isNaN(length) ? undefined : length);
    const result = await slots(() =>
      importMeasurements(pool, source, { ...options, importedBy: holder.prefix }),
    );
    response.status(result.outcome === 'loaded' ? 201 : 200).json(importEntry(result));
  };
}

function importOptions(parameters: z.output<typeof importParameters>): Omit<ImportOptions, 'importedBy'> {
  const { timezone, timestamps, period, temperature, map, unit, delimiter, decimal, encoding } = parameters;
  const read = {
    ...{ timezone, timestamps, delimiter, decimal, encoding },
    ...{ periodMinutes: period, celsius: temperature, map: assignments(map), units: assignments(unit) },
  };
  return {
    read: Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)),
    onConflict: parameters.on_conflict ?? 'update',
    strict: parameters.strict ?? false,
    dryRun: parameters.check ?? false,
    again: parameters.again ?? false,
    maxRejects: parseRejectionLimit(parameters.max_rejects ?? '10%'),
  };
}

function assignments(texts: readonly string[] | undefined): Record<string, string> | undefined {
  return (
    texts &&
    Object.fromEntries(
      texts.map((text) => [text.slice(0, text.lastIndexOf('=')), text.slice(text.lastIndexOf('=') + 1)]),
    )
  );
}
