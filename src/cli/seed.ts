import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadConfig, loadEnvironmentFile } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { seedDatabase } from '../imports/seed-database.ts';
import { defaultDays, defaultStations } from '../imports/simulation.ts';
import { publicName } from '../imports/source.ts';
import { describeFailure } from './failure.ts';
import { importProgress } from './import-progress.ts';
import { describeImport } from './import-summary.ts';

interface SeedCommandOptions {
  readonly stations?: number;
  readonly days?: number;
}

/** `prisma db seed`, `measurement-app seed`: fills the configured database. Returns the exit code. */
export async function runSeed(args: readonly string[]): Promise<number> {
  const command = seedCommand();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return seed(command.opts<SeedCommandOptions>());
}

function seedCommand(): Command {
  return new Command('npx prisma db seed --')
    .description(
      'Loads the measurements that URL_MEASUREMENTS names (file path or http(s) URL), or simulates some. ' +
        'Running it twice leaves the same as running it once.',
    )
    .addOption(
      new Option('--stations <count>', `simulated stations (default: ${defaultStations})`).argParser(
        wholeNumber(10_000),
      ),
    )
    .addOption(
      new Option('--days <count>', `simulated days (default: ${defaultDays})`).argParser(wholeNumber(36_500)),
    )
    .allowExcessArguments(false)
    .showHelpAfterError()
    .exitOverride();
}

async function seed({ stations, days }: SeedCommandOptions): Promise<number> {
  const progress = importProgress();
  try {
    loadEnvironmentFile();
    const config = loadConfig();
    const urlMeasurements = config.urlMeasurements;
    if (urlMeasurements !== undefined && (stations !== undefined || days !== undefined)) {
      process.stderr.write(
        '--stations and --days are for the simulation; URL_MEASUREMENTS names a source.\n',
      );
      return 2;
    }
    const database = await openDatabase(config);
    try {
      progress.begin(urlMeasurements === undefined ? 'simulation' : publicName(urlMeasurements));
      const result = await seedDatabase(database, {
        urlMeasurements,
        stations,
        days,
        onProgress: progress.update,
      });
      progress.end();
      process.stdout.write(`${describeImport(result)}\n`);
      return 0;
    } finally {
      progress.end();
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return 1;
  }
}

function wholeNumber(maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= maximum) return value;
    throw new InvalidArgumentError(`It takes a whole number from 1 to ${maximum}.`);
  };
}
