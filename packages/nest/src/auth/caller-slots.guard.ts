import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { accessOf } from './access.js';
import { rawRequest, rawResponse } from './caller.js';
import { CALLER_SLOTS, type CallerSlots } from './caller-slots.js';

type Request = Parameters<typeof rawRequest>[0] & { readonly ip?: string };
type Response = Parameters<typeof rawResponse>[0];

/** Counts what has not been counted before its body was read: by Express, and routes that do not say who may ask for them. */
@Injectable()
export class CallerSlotsGuard implements CanActivate {
  constructor(@Inject(CALLER_SLOTS) private readonly slots: CallerSlots) {}

  /** @throws CALLER_BUSY */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const given = http.getRequest<Request>();
    const request: IncomingMessage = rawRequest(given);
    const response = rawResponse(http.getResponse<Response>());
    this.slots.take(request, response, accessOf(context.getHandler()), given.ip);
    return true;
  }
}
