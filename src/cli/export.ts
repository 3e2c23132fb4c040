import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { GatewayError } from '../errors.ts';
import {
  type AirQualityParameters,
  airQualityArguments,
  airQualityParameters,
} from '../measurements/air-quality-parameters.ts';
import type { ExportFormat } from '../measurements/export.ts';
import { createExportSlots } from '../measurements/export-slots.ts';
import { resolveMeasurements } from '../measurements/resolve-measurements.ts';
import { isList, parseParameters } from '../parameters.ts';
import { exportProgress } from './export-progress.ts';
import { describeFailure } from './failure.ts';
import { lastCompleteLine, truncateToLastLine } from './last-line.ts';
import { withDatabase } from './with-database.ts';

const formats = ['csv', 'json', 'ndjson', 'arrow', 'parquet'] as const satisfies readonly ExportFormat[];

interface Target {
  /** Undefined = standard output. */
  readonly file: string | undefined;
  readonly format: ExportFormat;
}

/** `measurement-app export`: what `GET /air_quality` gives, with the same parameters, into a file or standard output. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Writes measurements to a file or standard output: the same parameters and the same answers as GET /air_quality. ' +
        'With --after, rows are appended to the file.',
    )
    .option('-o, --output <file>', 'file to write (default: standard output)')
    .addOption(
      new Option('--format <format>', 'default: by the ending of the file, else csv').choices(formats),
    );
  for (const [name, schema] of Object.entries(airQualityParameters.shape) as [string, z.ZodType][]) {
    const option = new Option(`--${name.replaceAll('_', '-')} <value>`, schema.description);
    if (isList(schema)) option.argParser((value: string, earlier: string[] = []) => [...earlier, value]);
    command.addOption(option);
  }
  return command.action(async (options: Record<string, string | string[] | undefined>) => {
    const { output, format, ...given } = options;
    let parameters: AirQualityParameters;
    let target: Target;
    try {
      target = targetOf(output as string | undefined, format as ExportFormat | undefined, given);
      parameters = parseParameters(snakeCased(given), airQualityParameters);
      airQualityArguments(parameters);
    } catch (error) {
      process.stderr.write(`${describeFailure(error)}\n\n${command.helpInformation()}`);
      process.exitCode = 2;
      return;
    }
    process.exitCode = await withDatabase((database, config) => run(database, config, parameters, target));
  });
}

function targetOf(
  file: string | undefined,
  format: ExportFormat | undefined,
  { after, header }: Record<string, unknown>,
): Target {
  const ending = formats.find((candidate) => file?.endsWith(`.${candidate}`));
  const target = { file, format: format ?? ending ?? 'csv' };
  if (after !== undefined && file !== undefined && target.format !== 'csv' && target.format !== 'ndjson') {
    throw new GatewayError('INVALID_ARGUMENT', `${target.format} cannot be appended to.`, {
      field: 'after',
      hint: 'Accepted with --after and --output: csv and ndjson.',
    });
  }
  if (after !== undefined && file !== undefined && header === 'units') {
    throw new GatewayError('INVALID_ARGUMENT', 'Rows are appended without a header.', {
      field: 'header',
      hint: 'Leave out --header.',
    });
  }
  return target;
}

/** Commander turns `--id-entity` into `idEntity`. */
function snakeCased(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
      value,
    ]),
  );
}

async function run(
  database: Database,
  config: Config,
  asked: AirQualityParameters,
  { file, format }: Target,
): Promise<number> {
  const append = asked.after !== undefined && file !== undefined;
  if (append) await truncateToLastLine(file);
  const parameters = append ? { ...asked, header: 'false' as const, bom: false } : asked;
  const { measurements, rendering } = airQualityArguments(parameters);
  const set = await resolveMeasurements(measurements, {
    database,
    limits: {
      slots: createExportSlots(1, 0),
      pageSizeMax: config.pageSizeMax,
      rowsMax: 0,
      statementTimeoutMs: 0,
      // A pipe may stand still for as long as its reader likes.
      idleTimeoutMs: 0,
    },
  });
  const countsRows = rendering.statistics === undefined && rendering.after === undefined;
  const progress = exportProgress(countsRows ? () => set.count() : undefined, rendering.limit);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Error('Interrupted.'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const result = await set.export({ format, ...rendering, signal: interruption.signal });
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress.update(chunk, format);
      done(null, chunk);
    },
  });
  try {
    const sink = file === undefined ? process.stdout : createWriteStream(file, { flags: append ? 'a' : 'w' });
    await pipeline(result.stream, counted, sink, { signal: interruption.signal, end: file !== undefined });
    progress.end(`${result.rowCount().toLocaleString('en')} rows${file === undefined ? '' : ` in ${file}`}`);
    return 0;
  } catch (error) {
    progress.end('');
    // The reader of a pipe had enough, like `head`.
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    const reason = interruption.signal.aborted ? 'Interrupted.' : describeFailure(error);
    process.stderr.write(`${reason}\n${await howToGoOn(file, format, rendering.statistics !== undefined)}`);
    return 1;
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

async function howToGoOn(file: string | undefined, format: ExportFormat, averages: boolean): Promise<string> {
  if (file === undefined || averages || (format !== 'csv' && format !== 'ndjson')) return '';
  const line = await lastCompleteLine(file);
  const key = format === 'csv' ? csvKey(line) : ndjsonKey(line);
  return key === undefined
    ? ''
    : `The file is not complete. To append the rest, run the same command with --after '${key}'\n`;
}

function csvKey(line: string): string | undefined {
  return /^(\d{4}-[^,;|\t]+)[,;|\t]([^,;|\t]+)/.exec(line)?.slice(1).join(',');
}

function ndjsonKey(line: string): string | undefined {
  if (line === '') return undefined;
  const { TimeInstant, id_entity } = JSON.parse(line) as { TimeInstant: string; id_entity: string };
  return `${TimeInstant},${id_entity}`;
}
