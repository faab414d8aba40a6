import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Log } from '@holdfast/core/log';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import { BrowserRules } from './browser-rules.js';
import type { Connections } from './connections.js';
import { faultOf } from './edge.js';
import { PLAIN_HEADERS, type PlainAnswer, type PlainHandler } from './plain-route.js';
import type { Edge } from './platform.js';
import { asReason, PROBLEM_TYPE, problemOf } from './problem.js';
import { correlationId } from './request-context.js';
import { type Completed, requestLog } from './request-log.js';
import { RequestTrace } from './request-trace.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** The plain routes of a server, by their paths. */
const handlers = new WeakMap<Server, Map<string, PlainHandler>>();

export function plainHandlersOf(server: Server): Map<string, PlainHandler> {
  const known = handlers.get(server);
  if (known) return known;
  const made = new Map<string, PlainHandler>();
  handlers.set(server, made);
  return made;
}

/**
 * Answers the plain requests for plain routes before the framework sees them: its hooks and Nest's take longer than
 * all of the answer. What has a query, a body or a fault is the framework's.
 */
export function answerPlainRequests(server: Server, edge: Edge): void {
  const plain = new PlainRequests(edge);
  const isToldMore = BrowserRules.of(edge.settings) !== null;
  const routes = plainHandlersOf(server);
  const frameworks = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const handler = routes.get(request.url ?? '');
    const isOwn = handler && isPlain(request) && !(isToldMore && isBrowsers(request));
    if (isOwn) plain.answer(request, response, handler);
    else for (const listener of frameworks) listener.call(server, request, response);
  });
}

function isPlain(request: IncomingMessage): boolean {
  const { method, headers } = request;
  const hasBody = 'content-length' in headers || 'transfer-encoding' in headers;
  return method === 'GET' && !hasBody && faultOf(request) === undefined && !headers.expect;
}

/** It may be owed what `BrowserRules` say. */
function isBrowsers({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['x-forwarded-proto'] !== undefined;
}

interface Arrived {
  readonly id: string;
  readonly route: string;
  readonly trace: RequestTrace | undefined;
}

/** Names and values in turn, which Node writes without making an object of them. */
const OF_ANSWER = Object.entries({ ...SECURITY_HEADERS, ...PLAIN_HEADERS }).flat();
const OF_PROBLEM = Object.entries({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE }).flat();

class PlainRequests {
  readonly #connections: Connections;
  readonly #completed: (completed: Completed) => void;
  readonly #log: Log;
  readonly #metrics: RequestMetrics;

  constructor(edge: Edge) {
    this.#connections = edge.connections;
    this.#completed = requestLog(edge);
    this.#log = edge.log;
    this.#metrics = edge.metrics;
  }

  answer(request: IncomingMessage, response: ServerResponse, handler: PlainHandler): void {
    const startedAt = performance.now();
    const id = correlationId(request.headers['x-correlation-id']);
    const route = request.url ?? '';
    const trace = RequestTrace.begin(request, response, () => route);
    let code: string | undefined;
    response.on('close', () => {
      this.#connections.end(response);
      const status = response.statusCode;
      this.#completed({
        id,
        traceId: trace?.traceId,
        method: 'GET',
        route,
        status,
        durationMs: performance.now() - startedAt,
        code,
      });
    });
    this.#connections.begin(response, () => {
      const send = (answer: PlainAnswer) => {
        this.#send(response, id, answer);
      };
      const fail = (error: unknown) => {
        code = this.#fail(response, { id, route, trace }, error);
      };
      try {
        const answer = handler({});
        if (answer instanceof Promise) answer.then(send).catch(fail);
        else send(answer);
      } catch (error) {
        fail(error);
      }
    });
  }

  #send(response: ServerResponse, id: string, { status, body }: PlainAnswer): void {
    this.#write(response, status, id, OF_ANSWER, body);
  }

  #fail(response: ServerResponse, { id, route, trace }: Arrived, error: unknown): string {
    const reason = asReason(error);
    const traceId = trace?.traceId;
    this.#metrics.refused(reason.code);
    trace?.refused(reason);
    const problem = problemOf(reason, route, id, traceId);
    if (problem.status >= 500) {
      const ids = { correlation_id: id, trace_id: traceId };
      this.#log.error({ event: 'request.failed', ...ids, code: reason.code, err: error });
    }
    this.#write(response, problem.status, id, OF_PROBLEM, JSON.stringify(problem));
    return reason.code;
  }

  #write(
    response: ServerResponse,
    status: number,
    id: string,
    headers: readonly string[],
    body: string,
  ): void {
    this.#connections.willAnswer(response);
    const length = Buffer.byteLength(body);
    const own = ['x-correlation-id', id, 'content-length', String(length)];
    response.writeHead(status, [...headers, ...own]);
    const { socket } = response;
    // With `end(body)` Node gathers the answer and an empty end of it, which costs more than one string.
    socket?.cork();
    // Node writes one byte a character faster than it looks for longer ones.
    response.write(body, length === body.length ? 'latin1' : 'utf8');
    socket?.uncork();
    response.end();
  }
}
