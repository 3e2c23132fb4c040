import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** Never in a log, wherever they stand in what is logged. */
const redactedPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  'res.headers["set-cookie"]',
  '*.password',
  '*.DATABASE_URL',
  '*.connectionString',
];

/**
 * JSON lines on standard output, or one readable line each where a developer looks on; inside a trace every line
 * carries its ids.
 */
export function createLogger({ logLevel, production }: Pick<Config, 'logLevel' | 'production'>): Logger {
  const readable = process.stdout.isTTY && !production;
  return pino({
    level: logLevel,
    ...(readable && {
      transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } },
    }),
    redact: { paths: redactedPaths, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
  });
}
