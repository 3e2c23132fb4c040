import { metrics } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { routeTemplate } from '../observability/route-template.ts';

const meter = metrics.getMeter('measurement-app/http');

const duration = meter.createHistogram('http.server.request.duration', {
  unit: 's',
  description: 'Time from the request to the end of its answer',
  advice: {
    explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
});
// Counted here and read at a scrape: twice a request would be dear.
let active = 0;
meter
  .createObservableUpDownCounter('http.server.active_requests', {
    unit: '{request}',
    description: 'Requests being answered',
  })
  .addCallback((result) => result.observe(active));

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Rate, errors and duration of every route, by HTTP's semantic conventions. The route is the template, never the path:
 * what a client makes up must not become a time series.
 */
export const requestMetrics: RequestHandler = (request, response, next) => {
  const started = performance.now();
  const method = knownMethods.has(request.method) ? request.method : '_OTHER';
  active++;
  response.once('close', () => {
    active--;
    const error = response.writableFinished ? undefined : 'aborted';
    const status = response.statusCode;
    duration.record((performance.now() - started) / 1_000, {
      'http.request.method': method,
      'http.route': routeTemplate(request) ?? 'none',
      'http.response.status_code': status,
      ...((error !== undefined || status >= 500) && { 'error.type': error ?? String(status) }),
    });
  });
  next();
};
