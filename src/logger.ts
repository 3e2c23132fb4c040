import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';

/** Never in a log, wherever they stand in what is logged. */
const redactedPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  'res.headers["set-cookie"]',
  '*.password',
  '*.DATABASE_URL',
  '*.connectionString',
];

/** JSON lines on standard output; inside a trace every line carries its ids. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
  });
}
