import type { IncomingMessage } from 'node:http';
import type { OperationsAccess } from '@holdfast/guard/caller-settings';
import { ReasonError } from '../reasons.js';
import type { Access } from './access.js';
import { readBearerToken } from './bearer-token.js';
import { type Caller, letIn, turnAway } from './caller.js';
import { CallerRefused } from './caller-refused.js';
import type { Arrival, RateLimits } from '../rate-limit/rate-limits.js';
import type { TokenVerifier } from './token-verifier.js';

/** Injection token of the `CallerGate`; null where everybody is let in everywhere. */
export const CALLER_GATE = 'holdfast.caller-gate';

/** Lets requests in to what they are for, or refuses them. */
export class CallerGate {
  /** Those that came in on the port of operations. */
  readonly #fromOperations = new WeakSet<IncomingMessage>();

  /**
   * @param verifier null under AUTH_MODE=none
   * @param limits null where callers may ask as often as they like
   */
  constructor(
    private readonly verifier: TokenVerifier | null,
    private readonly operations: OperationsAccess,
    private readonly limits: RateLimits | null = null,
  ) {}

  /** Marks a request that came in on the port of operations. */
  cameFromOperations(request: IncomingMessage): void {
    this.#fromOperations.add(request);
  }

  /**
   * @param access undefined for a route that does not say who may ask for it: nobody
   * @throws ROUTE_NOT_FOUND on the wrong port; TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, SCOPE_MISSING;
   * JWT_KEYS_UNAVAILABLE; RATE_LIMITED in place of each of them, too
   */
  admit(arrival: Arrival, access: Access | undefined): void | Promise<void> {
    const { limits } = this;
    return limits
      ? this.#admitCounted(arrival, access, limits)
      : this.#admit(arrival.request, access);
  }

  /**
   * Counts a request that something else refuses: a path that leads nowhere, or what is no request.
   * @throws RATE_LIMITED
   */
  async countRefused(arrival: Arrival): Promise<void> {
    await this.limits?.countRefused(arrival, undefined);
  }

  async #admitCounted(
    arrival: Arrival,
    access: Access | undefined,
    limits: RateLimits,
  ): Promise<void> {
    try {
      await this.#admit(arrival.request, access);
    } catch (error) {
      await limits.countRefused(arrival, access);
      throw error;
    }
    await limits.count(arrival, access);
  }

  #admit(request: IncomingMessage, access: Access | undefined): void | Promise<void> {
    this.#refuseWrongPort(request, access);
    if (!this.verifier || (access && this.#isOpen(access))) {
      letIn(request, null);
      return;
    }
    const token = readBearerToken(request);
    const known = this.verifier.known(token);
    if (known) admitCaller(request, known, access);
    else return this.#verify(request, token, access, this.verifier);
  }

  close(): void {
    this.verifier?.close();
  }

  async #verify(
    request: IncomingMessage,
    token: string,
    access: Access | undefined,
    verifier: TokenVerifier,
  ): Promise<void> {
    admitCaller(request, await verifier.verify(token), access);
  }

  #isOpen({ kind }: Access): boolean {
    if (kind === 'operations') return this.operations !== 'token';
    return kind !== 'scope';
  }

  #refuseWrongPort(request: IncomingMessage, access: Access | undefined): void {
    if (this.operations !== 'separate-port' || access?.kind === 'probe') return;
    const isForOperations = access?.kind === 'operations';
    if (isForOperations !== this.#fromOperations.has(request)) {
      throw new ReasonError('ROUTE_NOT_FOUND');
    }
  }
}

function admitCaller(request: IncomingMessage, caller: Caller, access: Access | undefined): void {
  const isScoped = access && 'scope' in access;
  if (isScoped && caller.scopes.has(access.scope)) {
    letIn(request, caller);
    return;
  }
  turnAway(request, caller);
  throw isScoped ? CallerRefused.scope(access.scope) : new ReasonError('ROUTE_WITHOUT_SCOPE');
}
