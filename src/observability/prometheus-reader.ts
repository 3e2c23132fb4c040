import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import type { CollectionResult, MetricData } from '@opentelemetry/sdk-metrics';
import { prometheusName } from './prometheus-name.ts';

/**
 * OpenTelemetry's Prometheus exporter without its server, and with the unit in the name as the specification of
 * Prometheus compatibility (and so every other exporter and dashboard) has it.
 */
export class PrometheusReader extends PrometheusExporter {
  constructor() {
    super({ preventServerStart: true, withoutScopeInfo: true });
  }

  override async collect(...args: Parameters<PrometheusExporter['collect']>): Promise<CollectionResult> {
    const { resourceMetrics, errors } = await super.collect(...args);
    const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map(withPrometheusName),
    }));
    return { resourceMetrics: { ...resourceMetrics, scopeMetrics }, errors };
  }
}

function withPrometheusName<Metric extends MetricData>(metric: Metric): Metric {
  const { descriptor } = metric;
  const name = prometheusName(descriptor.name, descriptor.unit);
  // The exporter writes `# UNIT` with the short name, which the text format wants to be the suffix; the name says it.
  return { ...metric, descriptor: { ...descriptor, name, unit: '' } };
}
