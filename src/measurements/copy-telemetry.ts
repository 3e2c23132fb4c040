import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('measurement-app/export');
const meter = metrics.getMeter('measurement-app/export');

const active = meter.createUpDownCounter('measurement_app.export.active', {
  unit: '{export}',
  description: 'Exports that PostgreSQL is sending',
});
/** Exports in line for a connection (export-slots.ts). */
export const exportsWaiting = meter.createUpDownCounter('measurement_app.export.waiting', {
  unit: '{export}',
  description: 'Exports that wait for their turn',
});
// Known from the start, not only once one has waited.
active.add(0);
exportsWaiting.add(0);

const rows = meter.createCounter('measurement_app.export.rows', {
  unit: '{row}',
  description: 'Rows of exports that were sent completely',
});
const bytes = meter.createCounter('measurement_app.export.output', {
  unit: 'By',
  description: 'Bytes that PostgreSQL sent for exports, before compression',
});
const duration = meter.createHistogram('measurement_app.export.duration', {
  unit: 's',
  description: 'Time from the start of an export to its last byte, or to its client leaving',
  advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900] },
});

/** How an export ended: every byte sent, given up by its reader, or broken by the database. */
export type CopyOutcome = 'complete' | 'cancelled' | 'failed';

export interface CopyObservation {
  sent(byteCount: number): void;
  /** Only the first call counts. */
  ended(outcome: CopyOutcome, rowCount: number, error?: Error): void;
}

/** Counts one COPY to a client, and makes it a span. */
export function observeCopy(): CopyObservation {
  const started = performance.now();
  const span = tracer.startSpan('COPY environment_airq_measurand', {
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'COPY' },
  });
  let byteCount = 0;
  let over = false;
  active.add(1);
  return {
    sent(length) {
      byteCount += length;
      bytes.add(length);
    },
    ended(outcome, rowCount, error) {
      if (over) return;
      over = true;
      active.add(-1);
      rows.add(rowCount);
      duration.record((performance.now() - started) / 1_000, { 'measurement_app.export.outcome': outcome });
      span.setAttributes({
        'db.response.returned_rows': rowCount,
        'measurement_app.export.bytes': byteCount,
        'measurement_app.export.outcome': outcome,
      });
      if (outcome === 'failed') {
        if (error !== undefined) span.recordException(error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
