import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import type { Connections } from './connections.js';
import { codeOfClientError } from './client-error.js';
import { rawProblem } from './problem.js';

/** For the whole of a request to arrive: one that trickles in would hold up the drain. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** What Node's HTTP server is made with. Node takes the longer of the two for the whole request. */
export const SERVER_OPTIONS = {
  // Missing and repeated ones are refused in the service's own form.
  requireHostHeader: false,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 6,
} as const;

/** Answers what is no request, or not one in time, in the service's own form. */
export function answerClientError(connections: Connections, metrics: RequestMetrics) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    const code = codeOfClientError(error);
    // Node tells it once of a request, and leaves the socket as it is.
    if (code === 'REQUEST_TIMEOUT' && connections.mayArriveLate(socket)) return;
    metrics.refused(code);
    connections.answerLast(socket, rawProblem(code, randomUUID()));
  };
}
