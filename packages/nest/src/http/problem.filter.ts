import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '@holdfast/core/log';
import { asReason, PROBLEM_TYPE, problemOf } from './problem.js';

/** Every error of every route, known and unknown, as a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const reason = asReason(error);
    const path = request.url.split('?', 1)[0] ?? '';
    const problem = problemOf(reason, path, request.id);
    if (problem.status >= 500) {
      this.log.error({ event: 'request.failed', code: reason.code, err: error }, reason.message);
    }
    if (reason.code === 'REQUEST_ABANDONED') {
      this.log.info({ event: 'request.abandoned', code: reason.code }, reason.message);
    }
    if (problem.status === 503 || problem.status === 429) {
      void reply.header('retry-after', reason.retryAfterSeconds ?? 1);
    }
    void reply
      .status(problem.status)
      .header('content-type', PROBLEM_TYPE)
      .send(JSON.stringify(problem));
  }
}
