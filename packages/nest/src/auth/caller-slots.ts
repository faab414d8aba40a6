import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '@holdfast/guard/settings';
import { ReasonError } from '../reasons.js';
import type { Access } from './access.js';
import { callerOf } from './caller.js';

/** Injection token of the `CallerSlots`; null where a caller may have any number of requests at once. */
export const CALLER_SLOTS = 'holdfast.caller-slots';

/** How many requests of each caller are being answered by this process. */
export class CallerSlots {
  readonly #taken = new Map<string, number>();
  readonly #counted = new WeakSet<IncomingMessage>();

  /** @param networkOf what clients that prove nothing are told apart by */
  constructor(
    private readonly most: number,
    private readonly networkOf: (address: string) => string,
  ) {}

  /**
   * Counts a request that has been let in until it has been answered, or its client has left. Probes are never refused.
   * @param address of the client, as the proxies of TRUSTED_PROXIES give it
   * @throws CALLER_BUSY
   */
  take(
    request: IncomingMessage,
    response: ServerResponse,
    access: Access | undefined,
    address: string | undefined,
  ): void {
    if (access?.kind === 'probe' || access?.kind === 'public') return;
    if (response.destroyed || this.#counted.has(request)) return;
    const name = this.#nameOf(request, address);
    const taken = this.#taken.get(name) ?? 0;
    if (taken >= this.most) throw new ReasonError('CALLER_BUSY', { retryAfterSeconds: 1 });
    this.#counted.add(request);
    this.#taken.set(name, taken + 1);
    response.once('close', () => {
      this.#free(name);
    });
  }

  #nameOf(request: IncomingMessage, address = ''): string {
    const caller = callerOf(request);
    return caller ? `subject ${caller.subject}` : `address ${this.networkOf(address)}`;
  }

  #free(name: string): void {
    const left = (this.#taken.get(name) ?? 0) - 1;
    if (left > 0) this.#taken.set(name, left);
    else this.#taken.delete(name);
  }
}

/** An IPv6 client has a whole network of addresses, as for rate limits. */
export async function openSlots({ auth, callers }: Settings): Promise<CallerSlots | null> {
  const { mostRequests } = callers;
  if (mostRequests === 0) return null;
  if (auth.mode === 'jwt') return new CallerSlots(mostRequests, (address) => address);
  const { normalizeIp } = await import('@nestjs/throttler/dist/ip.js');
  return new CallerSlots(mostRequests, normalizeIp);
}
