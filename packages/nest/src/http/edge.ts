import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { ReasonError } from '../reasons.js';
import type { Connections } from './connections.js';
import { BODY_LIMIT_BYTES } from './json-body.js';
import { rawProblem } from './problem.js';

/** Bytes of a request's target: the longest path and a full query, escaped, with room to spare. */
const TARGET_LIMIT_BYTES = 8192;

/** Browsers and proxies send some dozens; Node drops those beyond 2,000 without a word. */
const MOST_HEADERS = 100;

/** Of a body: what is coded in another way as well is another body for what unpacks it. */
const CHUNKED = /^chunked$/i;

const CONTINUE = /^100-continue$/i;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;
/** A body that something in front of the service would unpack is another one there than here. */
const PLAIN_CODING = /^\s*(?:identity)?\s*$/i;
const CHARSETS = /;\s*charset\s*=\s*"?([^\s";]*)/gi;
const UTF_8 = /^utf-?8$/i;

/** Requests that Node would answer by itself, without a body, reach the application. */
export function forwardEveryRequest(server: Server, connections: Connections): void {
  const forward = (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response);
  // A client may end its side when it has sent its request.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('checkContinue', (request, response) => {
    // Node ends a socket whose client was not asked for its body, also where there is none.
    if (!hasBody(request)) Object.assign(response, { _expect_continue: false });
    forward(request, response);
  });
  server.on('checkExpectation', forward);
  server.on('connect', (_: unknown, socket: Socket) => {
    connections.answerLast(socket, rawProblem('METHOD_NOT_ALLOWED', randomUUID()));
  });
}

/** What a request says of itself, before its body is read and before any route's own rules. */
export function faultOf(raw: IncomingMessage): ReasonError | undefined {
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '1.0')
    return new ReasonError('REQUEST_MALFORMED');
  if (raw.httpVersion === '1.1' && countOfHosts(raw) !== 1) {
    return new ReasonError('REQUEST_MALFORMED', {
      detail: 'HTTP/1.1 takes exactly one Host header',
    });
  }
  if (raw.httpVersion === '1.0' && 'transfer-encoding' in raw.headers) {
    const detail = 'HTTP/1.0 has no Transfer-Encoding: where the body ends is not certain';
    return new ReasonError('REQUEST_MALFORMED', { detail });
  }
  const { 'transfer-encoding': coding } = raw.headers;
  if (coding !== undefined && !CHUNKED.test(coding)) {
    const detail = 'chunked is the only Transfer-Encoding that is taken, and once';
    return new ReasonError('REQUEST_MALFORMED', { detail });
  }
  if (isTooLong(raw.url ?? '')) return new ReasonError('TARGET_TOO_LONG');
  if (raw.rawHeaders.length > 2 * MOST_HEADERS) return new ReasonError('HEADERS_TOO_LARGE');
  const { expect } = raw.headers;
  if (expect !== undefined && !CONTINUE.test(expect)) return new ReasonError('EXPECTATION_FAILED');
  return undefined;
}

/** A path that no route has, or that has no route of the method. @param methods those that it takes */
export function missingRoute(methods: readonly string[]): ReasonError {
  if (methods.length === 0) return new ReasonError('ROUTE_NOT_FOUND');
  return new ReasonError('METHOD_NOT_ALLOWED', { detail: `the route takes ${methods.join(', ')}` });
}

/** What is wrong with a body that its route reads by itself. */
export function unreadBodyFaultOf(headers: IncomingHttpHeaders): ReasonError | undefined {
  if (PLAIN_CODING.test(headers['content-encoding'] ?? '')) return undefined;
  return new ReasonError('MEDIA_TYPE_UNSUPPORTED', { detail: 'bodies are not compressed' });
}

export function bodyFaultOf(headers: IncomingHttpHeaders): ReasonError | undefined {
  const type = headers['content-type'];
  const fault = unreadBodyFaultOf(headers);
  if (fault) return fault;
  // Of several, each reader would take another one.
  const charsets = [...(type ?? '').matchAll(CHARSETS)];
  if (!charsets.every(([, charset = '']) => UTF_8.test(charset))) {
    return new ReasonError('MEDIA_TYPE_UNSUPPORTED', { detail: 'JSON is sent in UTF-8' });
  }
  if (!CONTINUE.test(headers.expect ?? '')) return undefined;
  // The body is found too large or of another type later, too, but after the client was asked to continue.
  if (Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES)
    return new ReasonError('BODY_TOO_LARGE');
  return isJson(type) ? undefined : new ReasonError('MEDIA_TYPE_UNSUPPORTED');
}

export function isJson(type: string | undefined): boolean {
  return JSON_TYPE.test(type ?? '');
}

/** Whether a request comes with a body, as its headers say. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The client sends its body once it has got a 100 Continue; of one that has none that is no expectation. */
export function awaitsContinue(request: IncomingMessage): boolean {
  const { httpVersion, headers, complete } = request;
  const isExpected = httpVersion === '1.1' && CONTINUE.test(headers.expect ?? '');
  return isExpected && !complete && hasBody(request);
}

/** The bytes are counted only of what can have too many: no character has more than three. */
function isTooLong(target: string): boolean {
  return target.length > TARGET_LIMIT_BYTES / 3 && Buffer.byteLength(target) > TARGET_LIMIT_BYTES;
}

function countOfHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name === 'Host' || (name.length === 4 && name.toLowerCase() === 'host')) count += 1;
  }
  return count;
}
