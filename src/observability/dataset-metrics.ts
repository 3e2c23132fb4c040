import { metrics } from '@opentelemetry/api';
import type pg from 'pg';
import { type DatasetState, readDatasetPulse, readDatasetState } from '../measurements/dataset-state.ts';

/** How old what is reported may be; scrapes in between cost no query. */
const refreshMs = 30_000;

/**
 * Reports how old the newest measurement of each station is and what the ledger of imports adds up to. The database is
 * asked after a scrape, never during one, so that a scrape is quick when the database is not; and for more than the
 * dataset version and the last backup only when that version has moved.
 */
export async function observeDataset(pool: pg.Pool): Promise<void> {
  let state: DatasetState | undefined;
  let lastBackupAt: number | undefined;
  let refreshedAt = 0;
  let refreshing = false;

  async function refresh(): Promise<void> {
    if (refreshing || Date.now() - refreshedAt < refreshMs) return;
    refreshing = true;
    try {
      const pulse = await readDatasetPulse(pool);
      lastBackupAt = pulse.lastBackupAt;
      if (pulse.version !== state?.version) state = await readDatasetState(pool);
      refreshedAt = Date.now();
    } catch {
      // Ages go on growing from what was last seen; that the database is away, other metrics say.
    } finally {
      refreshing = false;
    }
  }
  await refresh();

  const meter = metrics.getMeter('measurement-app/dataset');
  meter
    .createObservableGauge('measurement_app.station.age', {
      unit: 's',
      description: 'Time since the newest measurement of a station',
    })
    .addCallback((result) => {
      for (const [id, at] of state?.latestByStation ?? []) {
        result.observe((Date.now() - at) / 1_000, { 'measurement_app.station.id': id });
      }
      void refresh();
    });
  meter
    .createObservableCounter('measurement_app.import.rows', {
      unit: '{row}',
      description: 'Rows of all imports in the ledger, by what became of them',
    })
    .addCallback((result) => {
      for (const [outcome, rows] of Object.entries(state?.imported ?? {})) {
        result.observe(rows, { 'measurement_app.import.result': outcome });
      }
    });
  meter
    .createObservableGauge('measurement_app.import.age', {
      unit: 's',
      description: 'Time since the last import that ended well',
    })
    .addCallback((result) => {
      if (state?.lastImportAt !== undefined) result.observe((Date.now() - state.lastImportAt) / 1_000);
    });
  meter
    .createObservableGauge('measurement_app.backup.age', {
      unit: 's',
      description:
        'Time since the last backup that `measurement-app backup` stored; absent when there was none',
    })
    .addCallback((result) => {
      if (lastBackupAt !== undefined) result.observe((Date.now() - lastBackupAt) / 1_000);
    });
  meter
    .createObservableGauge('measurement_app.dataset.version', {
      description: 'Version of everything measured; moves with every change',
    })
    .addCallback((result) => {
      if (state !== undefined) result.observe(state.version);
    });
}
