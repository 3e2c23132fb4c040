import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** Never in a log, wherever they stand in what is logged. */
const redactedPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-api-key"]',
  'res.headers["set-cookie"]',
  ...['password', 'apiKey', 'token', 'secret', 'connectionString', 'databaseUrl', 'redisUrl'].flatMap(
    (name) => [name, `*.${name}`],
  ),
  ...['DATABASE_URL', 'DB_URI', 'REDIS_URL', 'DATABASE_REPLICA_URL', 'BACKUP_PASSPHRASE'].flatMap((name) => [
    name,
    `*.${name}`,
  ]),
];

/** The password in a URL, which drivers like to repeat in the messages of their errors. */
const passwordInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*:)[^\s@"\\/]+@/gi;

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
    hooks: { streamWrite: (line) => line.replace(passwordInUrl, '$1[redacted]@') },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
  });
}
