import { createWriteStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { GatewayError } from '../errors.ts';
import { type ImportOptions, type ImportResult, importMeasurements } from '../imports/import-measurements.ts';
import type { ConflictPolicy } from '../imports/merge.ts';
import { describeRejection } from '../imports/rejection.ts';
import { parseRejectionLimit, type RejectionLimit } from '../imports/rejection-limit.ts';
import { openSource, publicName } from '../imports/source.ts';
import { assignment, wholeNumber } from './arguments.ts';
import { describeFailure } from './failure.ts';
import { importProgress } from './import-progress.ts';
import { describeImport } from './import-summary.ts';
import { withDatabase } from './with-database.ts';

interface ImportCommandOptions {
  readonly map?: Record<string, string>;
  readonly unit?: Record<string, string>;
  readonly temperature?: number;
  readonly timezone?: string;
  readonly timestamps?: 'start' | 'end';
  readonly period?: number;
  readonly delimiter?: string;
  readonly decimal?: '.' | ',';
  readonly encoding?: string;
  readonly onConflict: ConflictPolicy;
  readonly strict?: boolean;
  readonly maxRejects: RejectionLimit;
  readonly rejects?: string;
  readonly check?: boolean;
  readonly again?: boolean;
}

/** `measurement-app import`: loads files, URLs or standard input. */
export function importCommand(): Command {
  return new Command('import')
    .description(
      'Loads measurements. Each source is loaded whole or not at all. Formats: CSV as this gateway writes it, OpenAQ, other wide ' +
        'or long CSV, NDJSON; plain, gzip or zstd.',
    )
    .argument('<source...>', 'file, glob pattern in quotes, http(s) URL, or - for standard input')
    .option(
      '--map <column=field>',
      'what a column (or a parameter of a long file) is; repeatable',
      assignment,
    )
    .option('--unit <pollutant=unit>', 'unit where the source gives none; repeatable', assignment)
    .addOption(
      new Option('--temperature <celsius>', 'at which ppb and ppm become masses (default: 20)').argParser(
        temperature,
      ),
    )
    .option('--timezone <zone>', 'of times without an offset: IANA name or +01:00 (default: UTC)')
    .addOption(
      new Option('--timestamps <end>', 'which end of its period a time stamps').choices(['start', 'end']),
    )
    .addOption(
      new Option('--period <minutes>', 'averaging period, for --timestamps end (default: 15)').argParser(
        wholeNumber(1440),
      ),
    )
    .option('--delimiter <character>', 'between fields (default: detected)', delimiter)
    .addOption(new Option('--decimal <character>', 'in numbers (default: detected)').choices(['.', ',']))
    .option('--encoding <label>', 'of the text, such as windows-1252 (default: detected)')
    .addOption(
      new Option('--on-conflict <policy>', 'when a measurement is there and differs')
        .choices(['update', 'keep', 'fail'])
        .default('update'),
    )
    .option('--strict', 'reject lines of unknown stations instead of creating them')
    .addOption(
      new Option('--max-rejects <limit>', 'rejected lines, or share of them, above which nothing is loaded')
        .argParser(rejectionLimit)
        .default('10%' as RejectionLimit),
    )
    .option('--rejects <file>', 'write rejected lines to this CSV file')
    .option('--check', 'say what would happen and change nothing')
    .option('--again', 'load what was loaded before once more')
    .action(async (sources: string[], options: ImportCommandOptions) => {
      process.exitCode = await withDatabase(async (database) => {
        const locations = await expand(sources);
        if (options.rejects !== undefined && locations.length > 1) {
          process.stderr.write('--rejects is for one source; here are several.\n');
          return 2;
        }
        let failed = 0;
        for (const location of locations) {
          if (!(await importOne(database.pool, location, options))) failed++;
        }
        if (failed > 0 && locations.length > 1)
          process.stderr.write(`${failed} of ${locations.length} sources failed.\n`);
        return failed > 0 ? 1 : 0;
      });
    });
}

async function importOne(
  pool: Parameters<typeof importMeasurements>[0],
  location: string,
  options: ImportCommandOptions,
): Promise<boolean> {
  const progress = importProgress();
  try {
    const source = await openSource(location);
    progress.begin(publicName(location));
    const result = await importMeasurements(pool, source, {
      ...importOptions(options),
      onProgress: progress.update,
    });
    progress.end();
    process.stdout.write(`${describeImport(result)}\n`);
    process.stderr.write(describeRejections(result));
    return true;
  } catch (error) {
    progress.end();
    process.stderr.write(`${describeFailure(error)}\n`);
    return false;
  }
}

function importOptions(options: ImportCommandOptions): ImportOptions {
  const { map, unit: units, temperature: celsius, timezone, timestamps, period: periodMinutes } = options;
  const {
    delimiter,
    decimal,
    encoding,
    onConflict,
    strict,
    maxRejects,
    check: dryRun,
    again,
    rejects,
  } = options;
  const given = { map, units, celsius, timezone, timestamps, periodMinutes, delimiter, decimal, encoding };
  return {
    importedBy: userInfo().username,
    read: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    onConflict,
    strict: strict ?? false,
    maxRejects,
    dryRun: dryRun ?? false,
    again: again ?? false,
    rejects: rejects === undefined ? undefined : createWriteStream(rejects),
  };
}

function describeRejections({ rejected, rejections }: ImportResult): string {
  if (rejected === 0) return '';
  const shown = rejections.slice(0, 10).map((rejection) => `  ${describeRejection(rejection)}\n`);
  const more =
    rejected > shown.length
      ? `  … and ${rejected - shown.length} more; --rejects FILE writes them all down\n`
      : '';
  return `${rejected} lines were not accepted:\n${shown.join('')}${more}`;
}

/** Patterns become the files they match, in the order of their names. */
async function expand(sources: readonly string[]): Promise<string[]> {
  const locations: string[] = [];
  for (const source of sources) {
    const isPattern = /[*?[{]/.test(source) && !/^https?:/i.test(source);
    if (!isPattern || (await stat(source).catch(() => undefined)) !== undefined) {
      locations.push(source);
      continue;
    }
    const matches: string[] = [];
    for await (const match of glob(source)) matches.push(match);
    if (matches.length === 0) throw new GatewayError('INVALID_SOURCE', `No file matches ${source}.`);
    locations.push(...matches.toSorted());
  }
  return locations;
}

function delimiter(text: string): string {
  if (text === '\\t' || text === 'tab') return '\t';
  if (/^[ -~\t]$/.test(text) && !/["\w.]/.test(text)) return text;
  throw new InvalidArgumentError('It takes one character, such as ";", or tab.');
}

function temperature(text: string): number {
  const celsius = Number(text);
  if (text.trim() !== '' && celsius >= -50 && celsius <= 60) return celsius;
  throw new InvalidArgumentError(
    'It takes degrees Celsius from -50 to 60; the EU reports at 20, the US at 25.',
  );
}

function rejectionLimit(text: string): RejectionLimit {
  try {
    return parseRejectionLimit(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof GatewayError ? (error.hint ?? '') : String(error));
  }
}
