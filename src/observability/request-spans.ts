import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { routeTemplate } from './route-template.ts';

const tracer = trace.getTracer('measurement-app/http');
const untraced = suppressTracing(ROOT_CONTEXT);

/** Asked every few seconds by load balancers; they would be most of the traces and say nothing. */
const ignored = /^\/health\//;

/**
 * Makes a span of each request of a server, by HTTP's semantic conventions, in the trace of its caller when it names one.
 *
 * OpenTelemetry's instrumentation of incoming requests binds every request and response to its context and spends nearly
 * as much on a request that is not sampled as on one that is. Here one that is not sampled costs a random number, and what
 * is called for it traces nothing.
 *
 * @param ratio share of the requests without a trace context that are traced
 */
export function createRequestSpans(ratio: number): (server: Server) => void {
  return (server) => {
    const emit = (event: string, args: unknown[]) =>
      EventEmitter.prototype.emit.call(server, event, ...args) as boolean;
    server.emit = (event: string, ...args: unknown[]): boolean => {
      if (event !== 'request') return emit(event, args);
      const [request, response] = args as [IncomingMessage, ServerResponse];
      const traced = isSampled(request, ratio) && !ignored.test(request.url ?? '');
      const active = traced ? startSpan(request, response) : untraced;
      return context.with(active, emit, undefined, event, args);
    };
  };
}

function isSampled({ headers }: IncomingMessage, ratio: number): boolean {
  return headers.traceparent !== undefined || ratio === 1 || Math.random() < ratio;
}

/** @returns the context in which the request is to be answered */
function startSpan(request: IncomingMessage, response: ServerResponse) {
  const { method = 'GET', url = '/', headers, socket, httpVersion } = request;
  const [path, query] = url.split('?', 2);
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': method,
        'url.scheme': 'http',
        'url.path': path,
        'url.query': query,
        'server.address': headers.host,
        'client.address': socket.remoteAddress,
        'user_agent.original': headers['user-agent'],
        'network.protocol.version': httpVersion,
      },
    },
    parent,
  );
  // The listener is ours: it shall not be the one that Node takes for a leak.
  response.setMaxListeners(response.getMaxListeners() + 4);
  response.once('close', () => {
    const route = routeTemplate(request);
    if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
    span.setAttribute('http.response.status_code', response.statusCode);
    if (!response.writableFinished) span.setAttribute('error.type', 'aborted');
    if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  return trace.setSpan(parent, span);
}
