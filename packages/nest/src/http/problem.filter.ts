import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { HttpReply, HttpRequest } from './http-reply.js';
import type { Log } from '@holdfast/core/log';
import type { ReasonError } from '../reasons.js';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import { CallerRefused } from '../auth/caller-refused.js';
import { missingRoute } from './edge.js';
import { keepRefusal } from './refusal.js';
import { asReason, PROBLEM_TYPE, problemOf } from './problem.js';
import { RequestTrace } from './request-trace.js';

/** Every error of every route, known and unknown, as a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly metrics: RequestMetrics,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>());
  }

  answer(error: unknown, request: HttpRequest, reply: HttpReply): void {
    const reason = this.#reasonOf(error, request, reply);
    this.metrics.refused(reason.code);
    keepRefusal(request.raw ?? request, reason.code);
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    const trace = RequestTrace.of(request.raw ?? request);
    const problem = problemOf(reason, path, request.id, trace?.traceId);
    trace?.refused(reason);
    if (problem.status >= 500 && !reason.reason.toldOnce) {
      this.log.error({ event: 'request.failed', code: reason.code, err: error }, reason.message);
    }
    if (reason.code === 'REQUEST_ABANDONED') {
      this.log.info({ event: 'request.abandoned', code: reason.code }, reason.message);
    }
    if (problem.status === 503 || problem.status === 429) {
      reply.header('retry-after', String(reason.retryAfterSeconds ?? 1));
    }
    if (reason instanceof CallerRefused && reason.loginPath !== undefined) {
      reply.status(303);
      reply.header('cache-control', 'no-store');
      reply.header('location', reason.loginPath);
      reply.send('');
      return;
    }
    const { challenge } = reason instanceof CallerRefused ? reason : reason.reason;
    if (challenge !== undefined) reply.header('www-authenticate', challenge);
    reply.status(problem.status);
    reply.header('content-type', PROBLEM_TYPE);
    // Some that are not to last, as 404 and 410, may be kept by caches that are told nothing (RFC 9110, 15.1).
    reply.header('cache-control', 'no-store');
    reply.send(JSON.stringify(problem));
  }

  /** Where Nest has found no route: whether the path has one of another method. */
  #reasonOf(error: unknown, request: HttpRequest, reply: HttpReply): ReasonError {
    const reason = asReason(error);
    if (reason === error || reason.code !== 'ROUTE_NOT_FOUND') return reason;
    const methods = request.methodsOfPath?.() ?? [];
    if (methods.length > 0) reply.header('allow', methods.join(', '));
    return missingRoute(methods);
  }
}
