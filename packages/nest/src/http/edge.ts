import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ReasonError } from '../reasons.js';
import { BODY_LIMIT_BYTES } from './json-body.js';
import type { Routes } from './routes.js';

/** Bytes of a request's target: the longest path and a full query, escaped, with room to spare. */
const TARGET_LIMIT_BYTES = 8192;

const CONTINUE = /^100-continue$/i;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** Requests that Node would answer by itself, without a body, reach the application. */
export function takeEveryRequest(server: Server): void {
  const pass = (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response);
  // A client may end its side when it has sent its request.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('checkContinue', pass);
  server.on('checkExpectation', pass);
}

/** Judges what a request says of itself, before its body is read and before any route's own rules. */
export function judgeRequests(fastify: FastifyInstance, routes: Routes): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // A body that has not been called for will not come: nothing can follow it on this socket.
    if (awaitsContinue(request)) void reply.header('connection', 'close');
    done(faultOf(request, reply, routes));
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const fault = bodyFaultOf(request);
    if (!fault && awaitsContinue(request)) {
      void reply.removeHeader('connection');
      reply.raw.writeContinue();
    }
    done(fault ?? null, payload);
  });
}

function faultOf(
  request: FastifyRequest,
  reply: FastifyReply,
  routes: Routes,
): ReasonError | undefined {
  const { raw } = request;
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '1.0')
    return new ReasonError('REQUEST_MALFORMED');
  if (raw.httpVersion === '1.1' && countOfHosts(raw) !== 1) {
    return new ReasonError('REQUEST_MALFORMED', {
      detail: 'HTTP/1.1 takes exactly one Host header',
    });
  }
  if (Buffer.byteLength(raw.url ?? '') > TARGET_LIMIT_BYTES)
    return new ReasonError('TARGET_TOO_LONG');
  const { expect } = request.headers;
  if (expect !== undefined && !CONTINUE.test(expect)) return new ReasonError('EXPECTATION_FAILED');
  if (!request.is404) return undefined;
  const methods = routes.methodsOf(request.url.split('?', 1)[0] ?? '');
  if (methods.length === 0) return new ReasonError('ROUTE_NOT_FOUND');
  void reply.header('allow', methods.join(', '));
  return new ReasonError('METHOD_NOT_ALLOWED', { detail: `the route takes ${methods.join(', ')}` });
}

function bodyFaultOf({ headers }: FastifyRequest): ReasonError | undefined {
  const type = headers['content-type'];
  const charset = type === undefined ? undefined : CHARSET.exec(type)?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    return new ReasonError('MEDIA_TYPE_UNSUPPORTED', { detail: 'JSON is sent in UTF-8' });
  }
  if (!CONTINUE.test(headers.expect ?? '')) return undefined;
  // Fastify would find these too, but after the client has been told to send the body.
  if (Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES)
    return new ReasonError('BODY_TOO_LARGE');
  return JSON_TYPE.test(type ?? '') ? undefined : new ReasonError('MEDIA_TYPE_UNSUPPORTED');
}

function awaitsContinue({ raw, headers }: FastifyRequest): boolean {
  return raw.httpVersion === '1.1' && CONTINUE.test(headers.expect ?? '') && !raw.complete;
}

function countOfHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
