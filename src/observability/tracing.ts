import { createNoopMeter } from '@opentelemetry/api';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { GraphQLInstrumentation } from '@opentelemetry/instrumentation-graphql';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { envDetector, hostDetector } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { PrismaInstrumentation } from '@prisma/instrumentation';
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { runningTelemetry } from './running-telemetry.ts';

/** What is imported as an ES module and then patched; `require` has a hook of its own in the instrumentations. */
const instrumentedModules = [
  'http',
  'node:http',
  'https',
  'node:https',
  'express',
  'graphql',
  'pg',
  '@redis/client',
];

/** Asked every few seconds by load balancers and Prometheus; they would be most of the traces and say nothing. */
const untraced = /^\/(health\/|metrics$)/;

/**
 * Sends traces to an OTLP endpoint, set up by the standard OTEL_* variables (endpoint, protocol, sampler, service name,
 * resource attributes). Must run before the modules it instruments are imported.
 */
export function startTracing(): void {
  // The hook runs in this thread and leaves every module alone that is not named, TypeScript files among them.
  register({ include: instrumentedModules });
  const instrumentations = [
    new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url }) => untraced.test(url ?? '') }),
    // Middleware would be three spans of microseconds in every trace.
    new ExpressInstrumentation({ ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.ROUTER] }),
    new GraphQLInstrumentation({ ignoreResolveSpans: true }),
    new PgInstrumentation({ requireParentSpan: true }),
    new RedisInstrumentation({ requireParentSpan: true }),
    new PrismaInstrumentation({ ignoreSpanTypes: ['prisma:client:serialize', 'prisma:client:compile'] }),
  ];
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME ?? 'measurement-app',
    resourceDetectors: [envDetector, hostDetector],
    // Metrics are Prometheus's to fetch (meter-provider.ts), logs go through standard output (logger.ts).
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations,
  });
  sdk.start();
  // The gateway measures requests and the pool itself, traced or not; the same twice would be two series of one name.
  for (const instrumentation of instrumentations) {
    instrumentation.setMeterProvider({ getMeter: () => createNoopMeter() });
  }
  runningTelemetry.push({ name: 'traces', close: () => sdk.shutdown() });
  // For a command, which ends by itself.
  process.once('beforeExit', () => void sdk.shutdown());
}
