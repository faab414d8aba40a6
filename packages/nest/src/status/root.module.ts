import { Controller, Get, Header, Inject, Module, Req, Res } from '@nestjs/common';
import { Probe } from '../auth/access.js';
import { rawRequest } from '../auth/caller.js';
import { CALLER_GATE, type CallerGate } from '../auth/caller-gate.js';
import type { HttpReply } from '../http/http-reply.js';
import { ReasonError } from '../reasons.js';

/** Leads from `/` to the status page. */
@Controller()
export class RootController {
  constructor(@Inject(CALLER_GATE) private readonly gate: CallerGate | null) {}

  /** Where operators have a port of their own, the other one has nothing to show. */
  @Get()
  @Probe()
  @Header('Cache-Control', 'no-store')
  lead(
    @Req() request: Parameters<typeof rawRequest>[0],
    @Res({ passthrough: true }) reply: HttpReply,
  ): string {
    if (this.gate?.isOfOtherPort(rawRequest(request), { kind: 'operations', scope: 'ops:read' }))
      throw new ReasonError('ROUTE_NOT_FOUND');
    reply.status(302);
    reply.header('location', '/status');
    return '';
  }
}

/** For an application whose own `/` shows nothing. */
@Module({ controllers: [RootController] })
export class RootModule {}
