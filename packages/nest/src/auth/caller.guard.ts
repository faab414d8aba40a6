import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { HttpReply } from '../http/http-reply.js';
import { accessOf } from './access.js';
import { nameActor } from './actor.js';
import { callerOf, isLetIn, rawRequest } from './caller.js';
import { assertCsrfField } from './session-cookie.js';
import { CALLER_GATE, type CallerGate } from './caller-gate.js';

type Request = Parameters<typeof rawRequest>[0] & {
  readonly body?: unknown;
  readonly ip?: string;
};

/**
 * Every route of Nest's is for whom its decorator says, and one without a decorator for nobody. Under Fastify
 * most requests have been let in already, before their bodies were read.
 */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(@Inject(CALLER_GATE) private readonly gate: CallerGate) {}

  /** @throws what `CallerGate.admit` does; CSRF_TOKEN_INVALID, ACTOR_NOT_CALLER */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const given = http.getRequest<Request>();
    const request = rawRequest(given);
    const handler = context.getHandler();
    const name = () => {
      assertCsrfField(request, given.body, this.gate.sessions);
      return admitted(request, handler, given.body);
    };
    if (isLetIn(request)) return name();
    const reply = http.getResponse<HttpReply>();
    const setHeader = (field: string, value: string) => void reply.header(field, value);
    const arrival = { request, address: given.ip, setHeader };
    return this.gate.admit(arrival, accessOf(handler))?.then(name) ?? name();
  }
}

function admitted(request: IncomingMessage, handler: object, body: unknown): true {
  const caller = callerOf(request);
  if (caller) nameActor(handler, body, caller);
  return true;
}
