import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { rawResponse } from '../auth/caller.js';
import type { Connections } from './connections.js';
import { ReasonError } from '../reasons.js';
import { awaitsContinue, unreadBodyFaultOf } from './edge.js';

const MULTIPART = /^multipart\/form-data(?:\s*;|$)/i;

function isMultipart(type: string | undefined): boolean {
  return MULTIPART.test(type ?? '');
}

/** What is wrong with a body that is sent to a route of `acceptMultipart`, by the head of its request. */
export function multipartFaultOf(headers: IncomingHttpHeaders): ReasonError | undefined {
  if (isMultipart(headers['content-type'])) return unreadBodyFaultOf(headers);
  const detail = 'the route takes multipart/form-data';
  return new ReasonError('MEDIA_TYPE_UNSUPPORTED', { detail });
}

/** Fastify's reply, Express's response. */
type Reply = Parameters<typeof rawResponse>[0] & { removeHeader(name: string): unknown };

/**
 * From now on the body is read by whoever calls this, who also bounds how long it may take: a client that waits to be
 * asked for it is asked, and the service's bound for requests to arrive holds no more.
 * @param request Node's, of a route of `acceptMultipart`
 */
export function takeBody(request: IncomingMessage, reply: Reply, connections: Connections): void {
  const response: ServerResponse = rawResponse(reply);
  connections.letArriveLate(response);
  if (!awaitsContinue(request)) return;
  // It was to be the last on its socket, had the body not been asked for.
  reply.removeHeader('connection');
  response.writeContinue();
}
