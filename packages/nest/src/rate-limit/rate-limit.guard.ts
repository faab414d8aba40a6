import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import { UNLIMITED } from '../http/unlimited.js';
import { ReasonError } from '../reasons.js';

/** Name of the only policy in the headers. */
const POLICY = '"default"';

/** One limit a client, for all routes together; IPv6 clients are distinguished by their /64 network. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const marked = [context.getHandler(), context.getClass()];
    return Promise.resolve(this.reflector.getAllAndOverride(UNLIMITED, marked) === true);
  }

  protected override generateKey(_: ExecutionContext, client: string): string {
    return client;
  }

  /** @throws RATE_LIMITED */
  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration, throttler, getTracker, generateKey } = request;
    const { req, res } = this.getRequestResponse(context);
    const client = generateKey(context, await getTracker(req, context), throttler.name ?? '');
    const { totalHits, timeToExpire, isBlocked } = await this.storageService.increment(
      client,
      ttl,
      limit,
      blockDuration,
      throttler.name ?? '',
    );
    const remaining = isBlocked ? 0 : Math.max(0, limit - totalHits);
    // Of draft-ietf-httpapi-ratelimit-headers-11.
    this.setResponseHeader(res, 'RateLimit', `${POLICY};r=${remaining};t=${timeToExpire}`);
    this.setResponseHeader(res, 'RateLimit-Policy', `${POLICY};q=${limit};w=${ttl / 1000}`);
    if (isBlocked) throw new ReasonError('RATE_LIMITED', { retryAfterSeconds: timeToExpire });
    return true;
  }
}
