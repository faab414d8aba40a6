import { SpanKind } from '@opentelemetry/api';
import { beginSpan, endSpan } from '@holdfast/core/tracing';

/**
 * Tells how long a request waits for a connection, where somebody traces it.
 * @param system `db.system.name`
 * @returns what ends the waiting; more calls than one change nothing
 */
export function tracedWait(
  system: 'postgresql' | 'sqlite',
  pool: string | undefined,
): ((error?: unknown) => void) | undefined {
  const span = beginSpan(() => ({
    name: 'pool.acquire',
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': system,
      ...(pool !== undefined && { 'db.client.connection.pool.name': pool }),
    },
  }));
  return (
    span &&
    ((error) => {
      if (span.isRecording()) endSpan(span, error);
    })
  );
}
