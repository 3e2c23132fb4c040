// Loaded with `--import` before anything else: instruments made by any module find their provider, and the
// instrumentations can wrap what they instrument. What is switched off is not even loaded.
import { loadEnvironmentFile } from './config.ts';

loadEnvironmentFile();
const { env } = process;
const disabled = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true';
const tracesWanted =
  env.OTEL_TRACES_EXPORTER !== undefined
    ? env.OTEL_TRACES_EXPORTER !== 'none'
    : Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);

if (!disabled && env.METRICS_PORT !== '0') {
  const { installMeterProvider } = await import('./observability/meter-provider.ts');
  installMeterProvider();
}
if (!disabled && tracesWanted) {
  const { startTracing } = await import('./observability/tracing.ts');
  startTracing();
}
