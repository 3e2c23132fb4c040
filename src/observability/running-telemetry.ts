import type { Resource } from '../shutdown.ts';

/** What telemetry.ts started, to be stopped after everything it observes: spans that wait are then still sent. */
export const runningTelemetry: Resource[] = [];
