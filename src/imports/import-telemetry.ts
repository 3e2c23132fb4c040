import { metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ImportResult } from './import-measurements.ts';

const tracer = trace.getTracer('measurement-app/import');

const duration = metrics
  .getMeter('measurement-app/import')
  .createHistogram('measurement_app.import.duration', {
    unit: 's',
    description: 'Time of an import in this process, by its outcome',
    advice: { explicitBucketBoundaries: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600] },
  });

/** Makes one import a span, with what became of its rows, and measures it. */
export function observeImport(source: string, run: () => Promise<ImportResult>): Promise<ImportResult> {
  const started = performance.now();
  return tracer.startActiveSpan(
    'import',
    { attributes: { 'measurement_app.import.source': source } },
    (span) => {
      const ended = (outcome: string) => {
        span.setAttribute('measurement_app.import.outcome', outcome);
        span.end();
        duration.record((performance.now() - started) / 1_000, { 'measurement_app.import.outcome': outcome });
      };
      return run().then(
        (result) => {
          span.setAttributes({
            'measurement_app.import.read': result.read,
            'measurement_app.import.inserted': result.inserted,
            'measurement_app.import.updated': result.updated,
            'measurement_app.import.unchanged': result.unchanged,
            'measurement_app.import.rejected': result.rejected,
          });
          ended(result.outcome);
          return result;
        },
        (error: Error) => {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          ended('failed');
          throw error;
        },
      );
    },
  );
}
