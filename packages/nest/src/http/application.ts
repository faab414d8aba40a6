import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DynamicModule, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '@holdfast/guard/settings';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import { Lifecycle } from '../lifecycle.js';
import type { Log } from '@holdfast/core/log';
import { NestLog } from '../nest-log.js';
import { type RequestBounds, currentRequest, ServedRequest } from '@holdfast/core/served-request';
import type { Release } from '@holdfast/core/release';
import { yieldToEventLoop } from '@holdfast/core/event-loop-yield';
import { takeEveryRequest, judgeRequests } from './edge.js';
import { codeOfGarbage } from './garbage.js';
import { Connections } from './connections.js';
import { BODY_LIMIT_BYTES, readJsonBody } from './json-body.js';
import { isPlain } from './plain-route.js';
import { rawProblem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';
import { readYourWrites } from './read-your-writes.js';
import { Routes } from './routes.js';
import { SchemaPipe } from './schema.pipe.js';
import { ServingModule } from './serving.module.js';

const PROBE = /^\/(health|livez|readyz|api\/ready)/;
const LIVENESS = /^\/(health\/live|livez)$/;
/** For the whole of a request to arrive: one that trickles in would hold up the drain. */
const REQUEST_TIMEOUT_MS = 30_000;
/** A smaller one is answered within two milliseconds, whatever it holds. */
const LARGE_BODY_BYTES = 32 * 1024;
const CORRELATION_ID = /^[\w.:@/+=-]{1,128}$/;

/**
 * The whole HTTP application, not yet listening. Rejects with what opening a database throws.
 * @param content what is served
 */
export async function createApplication(
  content: DynamicModule,
  settings: Settings,
  release: Release,
  log: Log,
): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter(log);
  const connections = new Connections();
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: 1024 },
    trustProxy: settings.http.trustedProxies.length > 0 && [...settings.http.trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node takes the longer of the two for the whole request.
    http: {
      // Missing and repeated ones are refused in the service's own form.
      requireHostHeader: false,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 6,
    },
    forceCloseConnections: 'idle',
    // While draining, kept-alive connections still get answers: ready says 503, live 200.
    return503OnClosing: false,
    genReqId: (request) => correlationId(request.headers['x-correlation-id']),
    clientErrorHandler: (error, socket: Socket) => {
      connections.answerLast(socket, rawProblem(codeOfGarbage(error), randomUUID()));
    },
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-correlation-id', request.id);
      filter.answer(error, request, reply);
    },
  };
  const adapter = new FastifyAdapter(options);
  const module = ServingModule.register(content, connections, release, log);
  const nest: NestApplicationOptions = {
    logger: new NestLog(log),
    abortOnError: false,
    bodyParser: false,
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, nest);
  app.useGlobalFilters(filter);
  app.useGlobalPipes(new SchemaPipe());
  const routes = new Routes();
  routes.watch(adapter.getInstance());
  readBodies(adapter.getInstance());
  connections.watch(app.getHttpServer());
  trace(adapter.getInstance(), settings, app.get(Lifecycle), connections, log);
  takeEveryRequest(app.getHttpServer());
  app.getHttpServer().on('connect', (_: unknown, socket: Socket) => {
    connections.answerLast(socket, rawProblem('METHOD_NOT_ALLOWED', randomUUID()));
  });
  judgeRequests(adapter.getInstance(), routes);
  const replication = app.get<Replication | null>(REPLICATION);
  if (replication) readYourWrites(adapter.getInstance(), replication);
  await app.init();
  return app;
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

/** Every line of a request carries its id, and its answer too. */
function trace(
  fastify: FastifyInstance,
  settings: Settings,
  lifecycle: Lifecycle,
  connections: Connections,
  log: Log,
): void {
  const bounds = boundsOf(settings);
  fastify.addHook('onRequest', (request, reply, done) => {
    connections.begin(reply.raw, () => {
      void reply.header('x-correlation-id', request.id);
      // A plain route logs nothing but its answer, and is asked too often to pay for a context.
      if (isPlain(request)) done();
      else serve(ServedRequest.begin(request.id, bounds), reply.raw, done);
    });
  });
  fastify.addHook('onSend', (_, reply, payload, done) => {
    connections.answering(reply.raw);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    connections.end(reply.raw);
    const route = request.routeOptions.url ?? null;
    const isProbe = route !== null && PROBE.test(route);
    if (isProbe && !LIVENESS.test(route)) lifecycle.readinessAskedAt = performance.now();
    const level = isProbe ? 'debug' : 'info';
    if (log.isLevelEnabled(level)) {
      log[level]({
        event: 'request.completed',
        correlation_id: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
      });
    }
    done();
  });
}

/** A request that waits for what others hold is answered by then, whatever is ahead of it. */
function boundsOf({ pool: { timeoutSeconds, statementTimeoutMs } }: Settings): RequestBounds {
  const queueMs = timeoutSeconds * 1000;
  return { queueMs, totalMs: queueMs + (statementTimeoutMs || Infinity) };
}

function serve(request: ServedRequest, response: ServerResponse, done: () => void): void {
  response.once('close', () => {
    if (!response.writableFinished) request.abandon();
  });
  currentRequest.run(request, done);
}

function correlationId(header: string | string[] | undefined): string {
  return typeof header === 'string' && CORRELATION_ID.test(header) ? header : randomUUID();
}
