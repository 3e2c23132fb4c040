import { Readable } from 'node:stream';
import type pg from 'pg';
import { type ImportProgress, type ImportResult, importMeasurements } from './import-measurements.ts';
import { simulatedStations } from './simulated-stations.ts';
import { defaultDays, defaultStations, simulate, stepsPerDay } from './simulation.ts';
import { openSource, sourceOf } from './source.ts';

export interface SeedOptions {
  /** File path or http(s) URL of a measurement file; without it stations are simulated. */
  readonly urlMeasurements?: string | undefined;
  /** Simulated stations, at least 1. Default 10. */
  readonly stations?: number | undefined;
  /** Simulated days, at least 1. Default 90. */
  readonly days?: number | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** Mean length of a simulated line; only progress depends on it. */
const simulatedLineBytes = 76;

/**
 * Fills the database from the file that is configured, or with a simulation. Twice leaves the same as once.
 * @throws GatewayError INVALID_SOURCE when a line of the file is not accepted: a seed is loaded whole or not at all.
 */
export async function seedDatabase(
  database: { readonly pool: pg.Pool },
  options: SeedOptions,
): Promise<ImportResult> {
  // Loaded before or not: what has been removed since comes back.
  const importOptions = {
    importedBy: 'seed',
    again: true,
    ...(options.onProgress && { onProgress: options.onProgress }),
  };
  if (options.urlMeasurements !== undefined) {
    return importMeasurements(database.pool, await openSource(options.urlMeasurements), importOptions);
  }
  const stations = simulatedStations(options.stations ?? defaultStations);
  const days = options.days ?? defaultDays;
  const size = stations.length * days * stepsPerDay * simulatedLineBytes;
  const source = sourceOf('simulation', Readable.from(simulate({ stations, days })), size);
  return importMeasurements(database.pool, source, { ...importOptions, stations });
}
