// Loaded with `--import` before anything else, so that the instrumentations can wrap what they instrument. Without
// an OTLP endpoint nothing is loaded and nothing is spent.
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT || process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: 'measurement-app' });
  sdk.start();
  process.once('beforeExit', () => void sdk.shutdown());
}
