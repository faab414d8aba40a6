import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { AppModule } from '../app.module.js';
import type { Settings } from '../config/settings.js';
import type { MigratedStore } from '../migrations/migrator.js';
import { Lifecycle } from '../lifecycle.js';
import { correlation, type Log } from '../logging/log.js';
import { NestLog } from '../logging/nest-log.js';
import { BODY_LIMIT_BYTES, readJsonBody } from './json-body.js';
import { rawProblem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';
import { SchemaPipe } from './schema.pipe.js';

const CORRELATION_ID = /^[\w.:@/+=-]{1,128}$/;

/** The whole HTTP application, not yet listening. Rejects with what opening a database throws. */
export async function createApplication(
  settings: Settings,
  stores: readonly MigratedStore[],
  log: Log,
): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter(log);
  const options: FastifyServerOptions = {
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: 1024 },
    forceCloseConnections: 'idle',
    // While draining, kept-alive connections still get answers: ready says 503, live 200.
    return503OnClosing: false,
    genReqId: (request) => correlationId(request.headers['x-correlation-id']),
    clientErrorHandler: (_: Error, socket: Socket) => {
      answerGarbage(socket);
    },
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-correlation-id', request.id);
      filter.answer(error, request, reply);
    },
  };
  const adapter = new FastifyAdapter(options);
  const module = await AppModule.register(settings, stores, log);
  const nest: NestApplicationOptions = {
    logger: new NestLog(log),
    abortOnError: false,
    bodyParser: false,
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, nest);
  app.useGlobalFilters(filter);
  app.useGlobalPipes(new SchemaPipe());
  readBodies(adapter.getInstance());
  trace(adapter.getInstance(), app.get(Lifecycle), log);
  await app.init();
  return app;
}

function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(
    /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer' },
    // A client may declare JSON and send none to a route that takes none.
    async (_: unknown, body: Buffer) =>
      Promise.resolve(body.length === 0 ? undefined : readJsonBody(body)),
  );
}

/** Every line of a request carries its id, and its answer too. */
function trace(fastify: FastifyInstance, lifecycle: Lifecycle, log: Log): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    lifecycle.inFlight += 1;
    void reply.header('x-correlation-id', request.id);
    if (lifecycle.phase === 'draining') void reply.header('connection', 'close');
    correlation.run(request.id, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    lifecycle.inFlight -= 1;
    const route = request.routeOptions.url ?? null;
    const isProbe = route !== null && /^\/(health|livez|readyz|api\/ready)/.test(route);
    log[isProbe ? 'debug' : 'info']({
      event: 'request.completed',
      correlation_id: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
    });
    done();
  });
}

function correlationId(header: string | string[] | undefined): string {
  return typeof header === 'string' && CORRELATION_ID.test(header) ? header : randomUUID();
}

function answerGarbage(socket: Socket): void {
  if (socket.writable) socket.end(rawProblem(randomUUID()));
  else socket.destroy();
}
