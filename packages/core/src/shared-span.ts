import { context, type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { beginSpan, endSpan, guarded, type SpanDescription } from './tracing.js';

/** The part of one caller in what is done for several together: a span of its own trace. */
export interface SharedSpan {
  readonly span: Span;
  readonly context: Context;
}

/** @returns undefined where `beginSpan` begins none */
export function beginSharedSpan(describe: () => SpanDescription): SharedSpan | undefined {
  const span = beginSpan(describe);
  return span && { span, context: trace.setSpan(context.active(), span) };
}

/**
 * Does what several have asked for, below the span of the first of them that is traced; those of the others lead
 * there by a link. Without one it is in no trace, whoever's turn of the event loop it is.
 */
export function runShared<T>(spans: readonly (SharedSpan | undefined)[], work: () => T): T {
  const [first, ...others] = spans.filter((each) => each !== undefined);
  if (!first) return trace.getActiveSpan() ? context.with(ROOT_CONTEXT, work) : work();
  for (const { span } of others) guarded(() => span.addLink({ context: first.span.spanContext() }));
  return context.with(first.context, work);
}

/** Ends the span of a caller when the caller is told. */
export async function endWith<T>({ span }: SharedSpan, answer: Promise<T>): Promise<T> {
  try {
    const result = await answer;
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}
