import type { Server } from 'node:http';
import type { Resource } from '../shutdown.ts';

/** What telemetry.ts started, for a gateway that must not load any of it when it is off. */
export const runningTelemetry: {
  /** To be stopped after everything it observes: spans that wait are then still sent. */
  readonly resources: Resource[];
  /** Makes spans of the requests of a server; undefined when nothing is traced. */
  traceRequests: ((server: Server) => void) | undefined;
} = { resources: [], traceRequests: undefined };
