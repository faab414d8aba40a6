import type { Server } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { yieldToEventLoop } from '@holdfast/core/event-loop-yield';
import type { ReasonCode } from '@holdfast/core/reasons';
import { currentReader } from '@holdfast/postgres/replicas/reader';
import type { Replication } from '@holdfast/postgres/replicas/replication';
import { accessOfConfig } from '../../auth/access.js';
import type { CallerGate } from '../../auth/caller-gate.js';
import type { CallerSlots } from '../../auth/caller-slots.js';
import type { Arrival } from '../../rate-limit/rate-limits.js';
import { ReasonError } from '../../reasons.js';
import {
  awaitsContinue,
  bodyFaultOf,
  faultOf,
  missingRoute,
  forwardEveryRequest,
  hasBody,
} from '../edge.js';
import { BrowserRules } from '../browser-rules.js';
import { FORM_TYPE, readFormBody } from '../form-body.js';
import { readJsonBody } from '../json-body.js';
import { multipartFaultOf } from '../multipart-body.js';
import { answerPlainRequests, plainHandlersOf } from '../plain-requests.js';
import { PLAIN_HEADERS, type PlainAnswer, type PlainHandler } from '../plain-route.js';
import type { Edge, HttpPlatform } from '../platform.js';
import { clientNames, CONSISTENCY_TOKEN, isRead } from '../read-your-writes.js';
import { boundsOf, correlationId, serveRequest } from '../request-context.js';
import { requestLog } from '../request-log.js';
import { refusalOf } from '../refusal.js';
import { RequestTrace } from '../request-trace.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { Routes } from './routes.js';

/** A smaller one is answered within two milliseconds, whatever it holds. */
const LARGE_BODY_BYTES = 32 * 1024;

/** Fastify: by its hooks. */
export class FastifyPlatform implements HttpPlatform {
  readonly #fastify: FastifyInstance;
  readonly #routes = new Routes();

  constructor(fastify: FastifyInstance) {
    this.#fastify = fastify;
  }

  watchRequests(edge: Edge): void {
    this.#routes.watch(this.#fastify);
    answerPlainRequests(this.#fastify.server, edge);
    if (edge.areUnnamed) nameRequests(this.#fastify);
    attachContext(this.#fastify, edge);
    this.#fastify.addHook('onRequest', (request, reply, done) => {
      // A body that has not been called for will not come: nothing can follow it on this socket.
      if (awaitsContinue(request.raw)) void reply.header('connection', 'close');
      const fault = faultOf(request.raw) ?? this.#missing(request, reply, edge.gate);
      if (fault?.code === 'REQUEST_MALFORMED') void reply.header('connection', 'close');
      if (fault && edge.gate) refuseCounted(edge.gate, request, reply, fault, done);
      else done(fault);
    });
    if (edge.gate) admitCallers(this.#fastify, edge.gate);
    if (edge.slots) countCallers(this.#fastify, edge.slots);
    if (edge.replication) readYourWrites(this.#fastify, edge.replication);
  }

  judgeRequests({ connections }: Edge, server: Server): void {
    readBodies(this.#fastify);
    forwardEveryRequest(server, connections);
    this.#fastify.addHook('preParsing', (request, reply, payload, done) => {
      if (isReadByRoute(this.#fastify, request)) {
        done(multipartFaultOf(request.headers) ?? null, payload);
        return;
      }
      const fault = hasBody(request.raw) ? bodyFaultOf(request.headers) : undefined;
      if (!fault && awaitsContinue(request.raw)) {
        void reply.removeHeader('connection');
        reply.raw.writeContinue();
      }
      done(fault ?? null, payload);
    });
  }

  addPlainRoute(path: string, handler: PlainHandler): void {
    plainHandlersOf(this.#fastify.server).set(path, handler);
    this.#fastify.get(path, { config: { isPlain: true } }, (request, reply) => {
      const answer = handler(request.query);
      if (!(answer instanceof Promise)) {
        send(reply, answer);
        return;
      }
      answer.then(
        (given) => {
          send(reply, given);
        },
        (error: unknown) => void reply.send(error),
      );
    });
  }

  acceptForms(paths: readonly string[]): void {
    if (!this.#fastify.hasContentTypeParser(FORM_TYPE)) readForms(this.#fastify);
    formPaths.set(this.#fastify, new Set([...(formPaths.get(this.#fastify) ?? []), ...paths]));
  }

  acceptMultipart(patterns: readonly string[]): void {
    const known = multipartPatterns.get(this.#fastify);
    if (!known) leaveMultipart(this.#fastify);
    multipartPatterns.set(this.#fastify, new Set([...(known ?? []), ...patterns]));
  }

  closeRoutes(code: ReasonCode, closed: (method: string, pattern: string) => boolean): void {
    this.#fastify.addHook('onRequest', (request, _, done) => {
      const isClosed = closed(request.method, request.routeOptions.url ?? '');
      done(isClosed ? new ReasonError(code) : undefined);
    });
  }

  #missing(
    request: FastifyRequest,
    reply: FastifyReply,
    gate: CallerGate | null,
  ): ReasonError | undefined {
    if (!request.is404) return undefined;
    const methods = this.#routes.methodsOf(
      request.url.split('?', 1)[0] ?? '',
      // A route of the other port is told by no answer of this one.
      (access) => gate?.isOfOtherPort(request.raw, access) !== true,
    );
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    return missingRoute(methods);
  }
}

function send(reply: FastifyReply, { status, body }: PlainAnswer): void {
  void reply.code(status).headers(PLAIN_HEADERS).send(body);
}

/** Every line of a request carries its id, and its answer too. */
function attachContext(fastify: FastifyInstance, edge: Edge): void {
  const { settings, connections } = edge;
  const bounds = boundsOf(settings);
  const completed = requestLog(edge);
  const browsers = BrowserRules.of(settings);
  fastify.addHook('onRequest', (request, reply, done) => {
    const trace = RequestTrace.begin(request.raw, reply.raw, () => request.routeOptions.url);
    connections.begin(reply.raw, () => {
      void reply.header('x-correlation-id', request.id).headers(SECURITY_HEADERS);
      if (browsers && isAnsweredByRules(browsers, request, reply)) return;
      // A plain route logs nothing but its answer, and is requested too often to pay for a context.
      if (isPlain(request)) done();
      else serveRequest({ id: request.id, trace }, bounds, reply.raw, done);
    });
  });
  fastify.addHook('onSend', (_, reply, payload, done) => {
    connections.willAnswer(reply.raw);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    connections.end(reply.raw);
    completed({
      id: request.id,
      traceId: RequestTrace.of(request.raw)?.traceId,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      code: refusalOf(request.raw),
    });
    done();
  });
}

/** Tells browsers what they may do. @returns whether that is all that was asked */
function isAnsweredByRules(
  browsers: BrowserRules,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  void reply.headers(browsers.headersFor(request.raw, () => request.protocol === 'https'));
  const preflight = faultOf(request.raw) ? undefined : browsers.preflightOf(request.raw);
  if (preflight) void reply.code(204).headers(preflight).send();
  return preflight !== undefined;
}

function nameRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _, done) => {
    request.id = correlationId(request.headers['x-correlation-id']);
    done();
  });
}

/** Before anything else of a request is read; a route that does not say who may ask for it is left to the guard. */
function admitCallers(fastify: FastifyInstance, gate: CallerGate): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const access = accessOfConfig(request.routeOptions.config);
    if (!access) {
      done();
      return;
    }
    let admitted: void | Promise<void>;
    try {
      admitted = gate.admit(arrivalOf(request, reply), access);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (admitted)
      admitted.then(() => {
        done();
      }, done);
    else done();
  });
}

function arrivalOf(request: FastifyRequest, reply: FastifyReply): Arrival {
  const setHeader = (name: string, value: string) => void reply.header(name, value);
  return { request: request.raw, address: request.ip, setHeader };
}

/** Refuses a request for its fault, or for being one of too many that have had any. */
function refuseCounted(
  gate: CallerGate,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: ReasonError,
  done: (error: Error) => void,
): void {
  gate.countRefused(arrivalOf(request, reply)).then(() => {
    done(fault);
  }, done);
}

/** Before their bodies are read, which may take long; who asks has been found out. */
function countCallers(fastify: FastifyInstance, slots: CallerSlots): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const access = accessOfConfig(request.routeOptions.config);
    try {
      if (access) slots.take(request.raw, reply.raw, access, request.ip);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const large = new WeakSet<FastifyRequest>();
  fastify.addContentTypeParser<Buffer>(
    /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer' },
    // A client may declare JSON and send none to a route that takes none.
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length > LARGE_BODY_BYTES) large.add(request);
      return body.length === 0 ? undefined : readJsonBody(body);
    },
  );
  // What was large in is large out: it is written in another turn than it was stored in.
  fastify.addHook('preSerialization', (request, _, payload, done) => {
    const write = () => {
      done(null, payload);
    };
    if (large.has(request)) void yieldToEventLoop().then(write);
    else write();
  });
}

/** By application: what takes them, and no other route does. */
const formPaths = new WeakMap<FastifyInstance, ReadonlySet<string>>();

function readForms(fastify: FastifyInstance): void {
  const read = async (request: FastifyRequest, body: Buffer) => {
    await Promise.resolve();
    if (formPaths.get(fastify)?.has(request.routeOptions.url ?? '')) return readFormBody(body);
    throw new ReasonError('MEDIA_TYPE_UNSUPPORTED');
  };
  fastify.addContentTypeParser<Buffer>(FORM_TYPE, { parseAs: 'buffer' }, read);
}

/** By application: the routes that read multipart bodies by themselves. */
const multipartPatterns = new WeakMap<FastifyInstance, ReadonlySet<string>>();

function isReadByRoute(fastify: FastifyInstance, request: FastifyRequest): boolean {
  return multipartPatterns.get(fastify)?.has(request.routeOptions.url ?? '') === true;
}

/** Leaves multipart bodies to their routes, and refuses those of all others. */
function leaveMultipart(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(/^multipart\/form-data(?:\s*;|$)/i, (request, _, done) => {
    done(isReadByRoute(fastify, request) ? null : new ReasonError('MEDIA_TYPE_UNSUPPORTED'));
  });
}

function readYourWrites(fastify: FastifyInstance, replication: Replication): void {
  fastify.addHook('onRequest', (request, _, done) => {
    if (!isRead(request.method) || isPlain(request)) {
      done();
      return;
    }
    const token = request.headers[CONSISTENCY_TOKEN];
    const reader = replication.reader(clientNames(request), token && String(token));
    currentReader.run(reader, done);
  });
  // When the answer is sent, what it reports has been committed.
  fastify.addHook('onSend', (request, reply, _, done) => {
    if (!isRead(request.method)) {
      void reply.header(CONSISTENCY_TOKEN, replication.recordWrite(clientNames(request)));
    }
    done();
  });
}

function isPlain(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { readonly isPlain?: boolean }).isPlain === true;
}
