import type { IncomingMessage } from 'node:http';
import type { RateClass } from '@holdfast/guard/rate-limit-settings';
import type { Access } from '../auth/access.js';
import { askerOf } from '../auth/caller.js';
import { isRead } from '../http/read-your-writes.js';
import { ReasonError } from '../reasons.js';
import type { RateLimiter } from './rate-limiter.js';

/** Injection token of the `RateLimits`; null where nothing is limited. */
export const RATE_LIMITS = 'holdfast.rate-limits';

/** A request as it comes in. */
export interface Arrival {
  readonly request: IncomingMessage;
  /** Of the client, as the proxies of TRUSTED_PROXIES give it. */
  readonly address: string | undefined;
  /** Of the answer. */
  readonly setHeader: (name: string, value: string) => void;
}

/** How often each caller may ask, by what for. Who has proved to be somebody is counted as that, wherever from. */
export class RateLimits {
  readonly #counted = new WeakSet<IncomingMessage>();

  /** @param networkOf what clients that prove nothing are told apart by */
  constructor(
    private readonly limiters: Readonly<Partial<Record<RateClass, RateLimiter>>>,
    private readonly networkOf: (address: string) => string,
    readonly close: () => void,
  ) {}

  /**
   * Counts a request that has been let in, once.
   * @throws RATE_LIMITED
   */
  async count(arrival: Arrival, access: Access | undefined): Promise<void> {
    await this.#count(arrival, classOf(arrival.request, access));
  }

  /**
   * Counts one that is refused, unless it has been counted: who is known to ask does it on their own account, and
   * all others on that of their address, so that tokens cannot be tried, nor paths, without end.
   * @throws RATE_LIMITED
   */
  async countRefused(arrival: Arrival, access: Access | undefined): Promise<void> {
    const isKnown = access && askerOf(arrival.request) !== null;
    await this.#count(arrival, isKnown ? classOf(arrival.request, access) : 'refused');
  }

  async #count({ request, address, setHeader }: Arrival, rateClass: RateClass | undefined) {
    const limiter = rateClass && this.limiters[rateClass];
    if (!limiter || this.#counted.has(request)) return;
    this.#counted.add(request);
    const { granted, remaining, secondsLeft } = await limiter.count(this.#nameOf(request, address));
    const { requests, windowSeconds } = limiter.limit;
    // Of draft-ietf-httpapi-ratelimit-headers-11.
    setHeader('RateLimit', `"${rateClass}";r=${remaining};t=${secondsLeft}`);
    setHeader('RateLimit-Policy', `"${rateClass}";q=${requests};w=${windowSeconds}`);
    if (!granted) throw new ReasonError('RATE_LIMITED', { retryAfterSeconds: secondsLeft });
  }

  #nameOf(request: IncomingMessage, address = ''): string {
    const caller = askerOf(request);
    return caller ? `subject ${caller.subject}` : `address ${this.networkOf(address)}`;
  }
}

/** Undefined for probes, which are never limited. */
function classOf(
  { method = '' }: IncomingMessage,
  access: Access | undefined,
): RateClass | undefined {
  if (access?.kind === 'probe') return undefined;
  if (access?.kind === 'operations') return 'operations';
  return isRead(method) ? 'reads' : 'writes';
}
