import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';

/**
 * Answers requests of some routes with a code before anything of them is read: guards of Nest's run
 * behind the body. To be called before the application listens.
 * @param closed of the methods and the patterns of routes
 */
export function closeRoutes(
  { httpAdapter }: HttpAdapterHost,
  code: ReasonCode,
  closed: (method: string, pattern: string) => boolean,
): void {
  httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, _, done) => {
    const isClosed = closed(request.method, request.routeOptions.url ?? '');
    done(isClosed ? new ReasonError(code) : undefined);
  });
}
