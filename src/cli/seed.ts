import { Command, Option } from 'commander';
import { seedDatabase } from '../imports/seed-database.ts';
import { defaultDays, defaultStations } from '../imports/simulation.ts';
import { publicName } from '../imports/source.ts';
import { wholeNumber } from './arguments.ts';
import { importProgress } from './import-progress.ts';
import { describeImport } from './import-summary.ts';
import { withDatabase } from './with-database.ts';

interface SeedCommandOptions {
  readonly stations?: number;
  readonly days?: number;
}

/** `prisma db seed` and `measurement-app seed`: fills the configured database. */
export function seedCommand(name: string): Command {
  return new Command(name)
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
    .action(async (options: SeedCommandOptions) => {
      process.exitCode = await seed(options);
    });
}

function seed({ stations, days }: SeedCommandOptions): Promise<number> {
  return withDatabase(async (database, { urlMeasurements }) => {
    if (urlMeasurements !== undefined && (stations !== undefined || days !== undefined)) {
      process.stderr.write(
        '--stations and --days are for the simulation; URL_MEASUREMENTS names a source.\n',
      );
      return 2;
    }
    const progress = importProgress();
    progress.begin(urlMeasurements === undefined ? 'simulation' : publicName(urlMeasurements));
    try {
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
    }
  });
}
