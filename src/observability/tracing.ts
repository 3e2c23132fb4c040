import { createNoopMeter } from '@opentelemetry/api';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { envDetector, hostDetector } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { PrismaInstrumentation } from '@prisma/instrumentation';
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { createRequestSpans } from './request-spans.ts';
import { rootSampler } from './root-sampler.ts';
import { runningTelemetry } from './running-telemetry.ts';

/** What is imported as an ES module and then patched; `require` has a hook of its own in the instrumentations. */
const instrumentedModules = ['pg', '@redis/client'];

/**
 * Sends traces to an OTLP endpoint, set up by the standard OTEL_* variables (endpoint, protocol, sampler, service name,
 * resource attributes). Must run before the modules it instruments are imported.
 *
 * Requests, Express' handlers and GraphQL operations are spans of our own (request-spans.ts, handler-span.ts): the
 * published instrumentations of http, express and graphql wrap every middleware, emitter and document of requests that are
 * not sampled as well.
 */
export function startTracing(): void {
  // The hook runs in this thread and leaves every module alone that is not named, TypeScript files among them.
  register({ include: instrumentedModules });
  const instrumentations = [
    // With the spans of its connects: without them a query that waited for a connection loses its trace.
    new PgInstrumentation({ requireParentSpan: true }),
    new RedisInstrumentation({ requireParentSpan: true }),
    new PrismaInstrumentation({ ignoreSpanTypes: ['prisma:client:serialize', 'prisma:client:compile'] }),
  ];
  // Written by the engine itself; the encoder of protobuf is JavaScript and cost twice as much.
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL ??= 'http/json';
  const ratio = requestRatio();
  runningTelemetry.traceRequests = createRequestSpans(ratio ?? 1);
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME ?? 'measurement-app',
    ...(ratio !== undefined && { sampler: rootSampler }),
    resourceDetectors: [envDetector, hostDetector],
    // Metrics are Prometheus's to fetch (meter-provider.ts), logs go through standard output (logger.ts).
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations,
  });
  sdk.start();
  // The gateway measures the pool itself, traced or not; the same twice would be two series of one name.
  for (const instrumentation of instrumentations) {
    instrumentation.setMeterProvider({ getMeter: () => createNoopMeter() });
  }
  runningTelemetry.resources.push({ name: 'traces', close: () => sdk.shutdown() });
  // For a command, which ends by itself.
  process.once('beforeExit', () => void sdk.shutdown());
}

/** The ratio of the usual sampler in production; undefined for any other sampler, which is then the SDK's own. */
function requestRatio(): number | undefined {
  if (process.env.OTEL_TRACES_SAMPLER !== 'parentbased_traceidratio') return undefined;
  const ratio = Number(process.env.OTEL_TRACES_SAMPLER_ARG ?? 1);
  return ratio >= 0 && ratio <= 1 ? ratio : undefined;
}
