import { metrics } from '@opentelemetry/api';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';

/** Event-loop delay and use, heap, garbage collection, CPU time and memory of this process. */
export function observeProcess(): void {
  const runtime = new RuntimeNodeInstrumentation({ monitoringPrecision: 20 });
  runtime.setMeterProvider(metrics.getMeterProvider());

  const meter = metrics.getMeter('measurement-app/process');
  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU time used by the process' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  meter
    .createObservableGauge('process.memory.usage', {
      unit: 'By',
      description: 'Resident memory of the process',
    })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableGauge('process.uptime', { unit: 's', description: 'How long the process has run' })
    .addCallback((result) => result.observe(process.uptime()));
}
