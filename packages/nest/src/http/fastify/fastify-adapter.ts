import type { Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyReply } from 'fastify';
import type { Settings } from '@holdfast/guard/settings';
import type { RequestMetrics } from '../../metrics/request-metrics.js';
import type { Connections } from '../connections.js';
import { BODY_LIMIT_BYTES } from '../json-body.js';
import type { ProblemFilter } from '../problem.filter.js';
import { correlationId } from '../request-context.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { answerClientError, REQUEST_TIMEOUT_MS, SERVER_OPTIONS } from '../server-bounds.js';

/** Nest on Fastify, whose errors are answered as problems as well. */
export function createAdapter(
  { http: { trustedProxies } }: Settings,
  connections: Connections,
  filter: ProblemFilter,
  metrics: RequestMetrics,
): FastifyAdapter {
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: 1024 },
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: SERVER_OPTIONS,
    forceCloseConnections: 'idle',
    // While draining, kept-alive connections still get answers: ready says 503, live 200.
    return503OnClosing: false,
    genReqId: (request) => correlationId(request.headers['x-correlation-id']),
    clientErrorHandler: answerClientError(connections, metrics),
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-correlation-id', request.id).headers(SECURITY_HEADERS);
      filter.answer(error, request, reply as FastifyReply);
    },
  };
  return new FastifyAdapter(options);
}
