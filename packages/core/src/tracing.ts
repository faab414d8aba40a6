import {
  type Attributes,
  context,
  diag,
  propagation,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { withDeadline } from './deadline.js';
import { currentRequest } from './served-request.js';

/** The name of the instrumentation scope that all spans are in. */
const SCOPE = 'holdfast';

/** Where every copy of the API looks for what is registered. */
const API = Symbol.for('opentelemetry.js.api.1');

interface Registered {
  readonly version: string;
  readonly trace?: TracerProvider;
}

/** Codes of reasons, SQLSTATEs, and what Node calls a failed system call: never a text. */
const CODE = /^[A-Z\d_]{1,64}/;

/** The API's own provider, which stands in for one that is still to come, and is the one of the copy that an SDK uses. */
interface StandIn {
  getDelegateTracer?(name: string): Tracer | undefined;
  getDelegate?(): TracerProvider;
}

/** What SDKs have, and the API does not ask of them. */
interface Flushing {
  forceFlush?(): Promise<unknown>;
}

export interface SpanDescription {
  readonly name: string;
  /** INTERNAL unless said otherwise. */
  readonly kind?: SpanKind;
  readonly attributes: Attributes;
}

/**
 * The tracer of the SDK that the process has registered; undefined where it has none. An SDK that is registered
 * later is found, too: the question takes some nanoseconds.
 */
export function registeredTracer(): Tracer | undefined {
  return guarded(() => {
    const provider: TracerProvider & StandIn = trace.getTracerProvider();
    return provider.getDelegateTracer
      ? provider.getDelegateTracer(SCOPE)
      : provider.getTracer(SCOPE);
  });
}

/**
 * Asks an SDK, which asks the sampler and the processors that it was given: what these throw fails no request.
 * @returns undefined where it has thrown; `diag`, the log of OpenTelemetry, is told
 */
export function guarded<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    diag.error('holdfast: the tracing SDK has thrown', error);
    return undefined;
  }
}

/**
 * A span below the current one, which does not become the current one.
 * @param describe called only where there is something to describe
 * @returns undefined without an SDK, and where nothing is recorded: outside a request, for one that is not
 * sampled, and for what goes on after its answer
 */
export function beginSpan(describe: () => SpanDescription): Span | undefined {
  const tracer = registeredTracer();
  if (!tracer || !trace.getActiveSpan()?.isRecording()) return undefined;
  const { name, ...options } = describe();
  return guarded(() => tracer.startSpan(name, options));
}

/** @param error what has become of it; its code or its class is told, and nothing of its text */
export function endSpan(span: Span, error?: unknown): void {
  guarded(() => {
    if (error !== undefined) {
      span.setAttribute('error.type', errorTypeOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  });
}

/** Does the work within a span below the current one, where `beginSpan` begins one. */
export async function spanned<T>(
  describe: () => SpanDescription,
  work: (span?: Span) => Promise<T>,
): Promise<T> {
  const span = beginSpan(describe);
  return span ? within(span, work) : work();
}

/** Does the work within a span, and ends it. */
export async function within<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    const result = await context.with(trace.setSpan(context.active(), span), work, undefined, span);
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}

/**
 * What is sent to others with a request for the current one, so that theirs is of the same trace: what the SDK's
 * propagator writes, and without an SDK what the client has sent.
 */
export function outgoingTraceHeaders(): Record<string, string> {
  if (!registeredTracer()) return { ...currentRequest.getStore()?.traceParent?.headers };
  const headers: Record<string, string> = {};
  guarded(() => {
    propagation.inject(context.active(), headers);
  });
  return headers;
}

/**
 * Whether an SDK has been registered by a copy of the API that is too old to be asked by this one: nothing is traced.
 * @returns the version of that copy; undefined where all is well
 */
export function unheardApiVersion(): string | undefined {
  const registered = Reflect.get(globalThis, API) as Registered | undefined;
  if (!registered?.trace || trace.getTracerProvider() === registered.trace) return undefined;
  return registered.version;
}

/**
 * Has the SDK send what it still keeps, before the process ends.
 * @returns whether it has; true where there is no SDK, or one that keeps nothing
 */
export async function flushSpans(withinMs: number): Promise<boolean> {
  const provider: TracerProvider & StandIn = trace.getTracerProvider();
  const sdk: TracerProvider & Flushing = provider.getDelegate?.() ?? provider;
  try {
    await withDeadline(withinMs, Promise.resolve(sdk.forceFlush?.()));
    return true;
  } catch {
    // Late, or refused: what the SDK says of that has gone to its own log.
    return false;
  }
}

/** A code where it has one, else its class. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code, driverError } = error as Error & { code?: unknown; driverError?: unknown };
  if (driverError !== undefined) return errorTypeOf(driverError);
  return (typeof code === 'string' ? CODE.exec(code)?.[0] : undefined) ?? error.name;
}
