import { type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import { guarded, outgoingTraceHeaders, registeredTracer, within } from '@holdfast/core/tracing';

type Send<T> = (headers: Readonly<Record<string, string>>, span: Span | undefined) => Promise<T>;

/**
 * Sends a GET request within a span of its own, in a trace of its own where nobody waits for it.
 * @param send is given what to send with it, so that the other side is of the same trace
 */
export function tracedRequest<T>(url: string, send: Send<T>): Promise<T> {
  const tracer = registeredTracer();
  const clients = tracer && guarded(() => clientSpan(tracer, new URL(url)));
  if (!clients) return send(outgoingTraceHeaders(), undefined);
  return within(clients, (span) => send(outgoingTraceHeaders(), span));
}

/** Without what may hold a secret in a URL: user, password and query. */
function clientSpan(tracer: Tracer, { origin, pathname, hostname, port, protocol }: URL): Span {
  return tracer.startSpan('GET', {
    kind: SpanKind.CLIENT,
    attributes: {
      'http.request.method': 'GET',
      'url.full': `${origin}${pathname}`,
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    },
  });
}
