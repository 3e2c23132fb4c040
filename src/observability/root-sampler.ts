import { type Context, SpanKind, TraceFlags, trace } from '@opentelemetry/api';

/** Decisions as the SDK numbers them. */
const notRecorded = { decision: 0 };
const recorded = { decision: 2 };

/**
 * Follows the parent, and lets only a request or an import begin a trace. Which requests, has been decided before
 * (request-spans.ts); what else has no parent belongs to none that is traced.
 */
export const rootSampler = {
  shouldSample(parent: Context, _traceId: string, name: string, kind: SpanKind) {
    const parentSpan = trace.getSpanContext(parent);
    if (parentSpan !== undefined) return parentSpan.traceFlags & TraceFlags.SAMPLED ? recorded : notRecorded;
    return kind === SpanKind.SERVER || name === 'import' ? recorded : notRecorded;
  },
  toString: () => 'RequestsAndImports',
};
