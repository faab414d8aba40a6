import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { UNLIMITED } from '../http/unlimited.js';
import { ReasonError } from '../reasons.js';

/** One limit a client, for all routes together; IPv6 clients are distinguished by their /64 network. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit';

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const marked = [context.getHandler(), context.getClass()];
    return Promise.resolve(this.reflector.getAllAndOverride(UNLIMITED, marked) === true);
  }

  protected override generateKey(_: ExecutionContext, client: string): string {
    return client;
  }

  /** @throws RATE_LIMITED */
  protected override throwThrottlingException(
    context: ExecutionContext,
    { limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const { res } = this.getRequestResponse(context);
    const headers = { Limit: limit, Remaining: 0, Reset: timeToBlockExpire };
    for (const [name, value] of Object.entries(headers)) {
      this.setResponseHeader(res, `${this.headerPrefix}-${name}`, value);
    }
    throw new ReasonError('RATE_LIMITED', { retryAfterSeconds: timeToBlockExpire });
  }
}
