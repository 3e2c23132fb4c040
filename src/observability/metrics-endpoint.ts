import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Resource } from '../shutdown.ts';
import type { PrometheusReader } from './prometheus-reader.ts';

/**
 * Serves `/metrics` on a port of its own, which a load balancer or ingress does not publish.
 * @throws Error when the port is taken.
 */
export async function serveMetrics(reader: PrometheusReader, host: string, port: number): Promise<Resource> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') return reader.getMetricsRequestHandler(request, response);
    response.writeHead(404).end();
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    name: 'metrics',
    async close() {
      server.close();
      // A scraper keeps its connection; the process would wait for it.
      server.closeAllConnections();
    },
  };
}
