import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { requestFault } from '@holdfast/postgres/faults/request-fault';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { ApplicationRefusal, isApplications } from './application-refusal.js';
import { SECURITY_HEADERS } from './security-headers.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** RFC 9457, with the reason code and the ids that find the request in the log, and in the traces. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly correlation_id: string;
  /** Of the trace that the request belongs to; absent where nobody traces it. */
  readonly trace_id?: string;
  readonly errors?: ReasonError['errors'];
}

/** What the catalogue makes of any error. The text of an unknown error never gets out. */
export function asReason(error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  if (error instanceof QueryFailedError) {
    return new ReasonError(requestFault(error.driverError) ?? 'INTERNAL_ERROR', { cause: error });
  }
  if (isHangUp(error)) return new ReasonError('REQUEST_MALFORMED', { cause: error });
  if (isApplications(error)) return new ApplicationRefusal(error);
  const status = statusOf(error);
  const code = requestFault(error) ?? BY_FASTIFY_CODE[codeOf(error)] ?? BY_STATUS[status];
  if (code) return new ReasonError(code, { cause: error });
  return new ReasonError(status >= 400 && status < 500 ? 'REQUEST_MALFORMED' : 'INTERNAL_ERROR', {
    cause: error,
  });
}

export function problemOf(
  reason: ReasonError,
  path: string,
  correlationId: string,
  traceId?: string,
): Problem {
  const status = reason.reason.status ?? 500;
  return {
    type: `urn:holdfast:reason:${reason.code}`,
    title: reason.reason.meaning,
    status,
    detail: reason.message === reason.reason.meaning ? reason.reason.fix : reason.message,
    instance: path,
    code: reason.code,
    correlation_id: correlationId,
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(reason.errors && { errors: reason.errors }),
  };
}

/** The answer to bytes that are no request, or not yet. */
export function rawProblem(code: ReasonCode, correlationId: string): string {
  const error = new ReasonError(code);
  const { status = 400 } = error.reason;
  const body = JSON.stringify(problemOf(error, '', correlationId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${correlationId}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

const BY_FASTIFY_CODE: Readonly<Record<string, ReasonCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_MALFORMED',
  FST_ERR_MAX_PARAM_LENGTH: 'TARGET_TOO_LONG',
};

const BY_STATUS: Readonly<Record<number, ReasonCode>> = {
  404: 'ROUTE_NOT_FOUND',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
};

/** What Fastify, Express and Node throw. */
interface FrameworkError {
  readonly statusCode?: number;
  readonly code?: string;
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return (error as FrameworkError | null)?.statusCode ?? 500;
}

function codeOf(error: unknown): string {
  return (error as FrameworkError | null)?.code ?? '';
}

/** The client went away before its body was complete. */
function isHangUp(error: unknown): boolean {
  return codeOf(error) === 'ECONNRESET' && (error as Error).message === 'aborted';
}
