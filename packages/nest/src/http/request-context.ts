import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Settings } from '@holdfast/guard/settings';
import { type RequestBounds, currentRequest, ServedRequest } from '@holdfast/core/served-request';
import type { RequestTrace } from './request-trace.js';

const CORRELATION_ID = /^[\w.:@/+=-]{1,128}$/;

/** The client's own where it is one, else a new one. */
export function correlationId(header: string | string[] | undefined): string {
  return typeof header === 'string' && CORRELATION_ID.test(header) ? header : randomUUID();
}

/** A request that waits for what others hold is answered by then, whatever is ahead of it. */
export function boundsOf({
  pool: { timeoutSeconds, statementTimeoutMs },
}: Settings): RequestBounds {
  const queueMs = timeoutSeconds * 1000;
  return { queueMs, totalMs: queueMs + (statementTimeoutMs || Infinity) };
}

/** What is being served. */
interface Arrived {
  /** The correlation id. */
  readonly id: string;
  readonly trace: RequestTrace | undefined;
}

/** Runs `done` in the context of the request, which has its bounds, and whether its client has left. */
export function serveRequest(
  { id, trace }: Arrived,
  bounds: RequestBounds,
  response: ServerResponse,
  done: () => void,
): void {
  const request = ServedRequest.begin(id, bounds, trace?.parent);
  response.once('close', () => {
    if (!response.writableFinished) request.abandon();
  });
  currentRequest.run(request, () => {
    if (trace) trace.run(done);
    else done();
  });
}
