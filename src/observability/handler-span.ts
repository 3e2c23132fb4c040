import { context, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { routeTemplate } from './route-template.ts';

/**
 * Makes a span of everything behind it in the chain, in a request that is traced; nothing in any other.
 * @param name what the span is called; without it after the route that answers
 */
export function handlerSpan(scope: 'express' | 'graphql', name?: string): RequestHandler {
  const tracer = trace.getTracer(`measurement-app/${scope}`);
  return (request, response, next) => {
    if (trace.getActiveSpan() === undefined) return next();
    const span = tracer.startSpan(name ?? 'handler');
    response.once('close', () => {
      const route = routeTemplate(request);
      if (name === undefined && route !== undefined)
        span.updateName(`handler ${route}`).setAttribute('http.route', route);
      span.end();
    });
    context.with(trace.setSpan(context.active(), span), next);
  };
}
