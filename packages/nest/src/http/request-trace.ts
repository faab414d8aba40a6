import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Attributes,
  context,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { describeError } from '@holdfast/core/log';
import { type TraceParent, traceParentOf } from '@holdfast/core/trace-parent';
import { errorTypeOf, guarded, registeredTracer } from '@holdfast/core/tracing';
import type { ReasonError } from '../reasons.js';
import { knownMethod, OTHER_METHOD } from './known-method.js';

/** Undefined, and null, for no route: its path is the client's invention. */
export type RouteOf = () => string | null | undefined;

const TRACE = Symbol('trace');

/** A property of the message, so that it costs nothing where there is none. */
interface Traced {
  [TRACE]?: RequestTrace;
}

/**
 * The trace that a request belongs to: that of its span where the process has an SDK, else the one that the client
 * has named.
 */
export class RequestTrace {
  private constructor(
    /** What log, problem document and other services are told. */
    readonly parent: TraceParent,
    private readonly spanned: { readonly span: Span; readonly context: Context } | undefined,
  ) {}

  /**
   * Its span ends with the answer, or when the client has left.
   * @param routeOf is asked at once, for samplers, and again at the end
   * @returns undefined where nobody traces the request
   */
  static begin(
    request: IncomingMessage,
    response: ServerResponse,
    routeOf: RouteOf,
  ): RequestTrace | undefined {
    const tracer = registeredTracer();
    const begun =
      tracer &&
      guarded(() => {
        const span = beginSpan(tracer, request, routeOf() ?? undefined);
        return { span, traceId: span.spanContext().traceId };
      });
    if (!begun) {
      const parent = traceParentOf(request.headers);
      return parent && new RequestTrace(parent, undefined).#keep(request);
    }
    const { span, traceId } = begun;
    response.once('close', () => {
      guarded(() => {
        endSpan(span, request, response, routeOf() ?? undefined);
      });
    });
    const spanned = { span, context: trace.setSpan(context.active(), span) };
    return new RequestTrace({ traceId, headers: {} }, spanned).#keep(request);
  }

  /** Of Node's request. */
  static of(request: object): RequestTrace | undefined {
    return (request as Traced)[TRACE];
  }

  #keep(request: IncomingMessage & Traced): this {
    request[TRACE] = this;
    return this;
  }

  get traceId(): string {
    return this.parent.traceId;
  }

  /** Does what is below its span. */
  run(work: () => void): void {
    if (this.spanned) context.with(this.spanned.context, work);
    else work();
  }

  /** It is answered with a problem. What an error says may hold data; its code, its class and its frames do not. */
  refused(refusal: ReasonError): void {
    const span = this.spanned?.span;
    if (!span) return;
    guarded(() => {
      this.#tell(span, refusal);
    });
  }

  #tell(span: Span, { code, reason, cause }: ReasonError): void {
    span.setAttribute('holdfast.reason', code);
    if ((reason.status ?? 500) < 500) return;
    span.setAttribute('error.type', code);
    if (cause === undefined) return;
    const { stack } = describeError(cause) as { readonly stack?: readonly string[] };
    span.addEvent('exception', {
      'exception.type': errorTypeOf(cause),
      ...(stack && { 'exception.stacktrace': stack.join('\n') }),
    });
  }
}

function beginSpan(tracer: Tracer, request: IncomingMessage, route: string | undefined): Span {
  const { headers, httpVersion, url = '', method = '' } = request;
  const known = knownMethod(method);
  const attributes: Attributes = {
    'http.request.method': known,
    'url.path': url.split('?', 1)[0] ?? '',
    'url.scheme': 'encrypted' in request.socket ? 'https' : 'http',
    'network.protocol.version': httpVersion,
  };
  if (known === OTHER_METHOD) attributes['http.request.method_original'] = method;
  if (route !== undefined) attributes['http.route'] = route;
  // Whoever instruments Node's server has read the headers, and has begun a span.
  const isBegun = trace.getActiveSpan()?.isRecording() ?? false;
  const parent = isBegun ? context.active() : propagation.extract(ROOT_CONTEXT, headers);
  return tracer.startSpan(nameOf(known, route), { kind: SpanKind.SERVER, attributes }, parent);
}

function endSpan(
  span: Span,
  { method = '' }: IncomingMessage,
  { headersSent, statusCode }: ServerResponse,
  route: string | undefined,
): void {
  if (route !== undefined) {
    span.setAttribute('http.route', route);
    span.updateName(nameOf(knownMethod(method), route));
  }
  if (headersSent) span.setAttribute('http.response.status_code', statusCode);
  if (headersSent && statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function nameOf(method: string, route: string | undefined): string {
  const verb = method === OTHER_METHOD ? 'HTTP' : method;
  return route === undefined ? verb : `${verb} ${route}`;
}
