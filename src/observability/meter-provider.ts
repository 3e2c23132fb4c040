import { metrics } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { PrometheusReader } from './prometheus-reader.ts';

let reader: PrometheusReader | undefined;

/**
 * Makes the provider that every instrument of the process reports to. The metrics API has no late binding: what asks
 * for a meter before this gets one that does nothing, hence `--import ./src/telemetry.ts`.
 */
export function installMeterProvider(): void {
  reader = new PrometheusReader();
  const named = resourceFromAttributes({
    'service.name': process.env.OTEL_SERVICE_NAME ?? 'measurement-app',
  });
  const detected = detectResources({ detectors: [envDetector, hostDetector] });
  const resource = defaultResource().merge(named).merge(detected);
  metrics.setGlobalMeterProvider(new MeterProvider({ resource, readers: [reader] }));
}

/** What the metrics endpoint reads; undefined when the process was started without telemetry. */
export function installedReader(): PrometheusReader | undefined {
  return reader;
}
