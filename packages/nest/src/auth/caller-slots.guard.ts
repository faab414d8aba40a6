import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { accessOf } from './access.js';
import { rawRequest } from './caller.js';
import { CALLER_SLOTS, type CallerSlots } from './caller-slots.js';

type Request = Parameters<typeof rawRequest>[0] & { readonly ip?: string };
type Response = ServerResponse | { readonly raw: ServerResponse };

/** Counts what has not been counted before its body was read: by Express, and routes that do not say who may ask for them. */
@Injectable()
export class CallerSlotsGuard implements CanActivate {
  constructor(@Inject(CALLER_SLOTS) private readonly slots: CallerSlots) {}

  /** @throws CALLER_BUSY */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const given = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const request: IncomingMessage = rawRequest(given);
    const raw = 'raw' in response ? response.raw : response;
    this.slots.take(request, raw, accessOf(context.getHandler()), given.ip);
    return true;
  }
}
