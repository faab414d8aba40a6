import type { IncomingMessage } from 'node:http';
import type { OperationsAccess } from '@holdfast/guard/caller-settings';
import { ReasonError } from '../reasons.js';
import type { Access } from './access.js';
import { readBearerToken } from './bearer-token.js';
import { type Caller, letIn, turnAway } from './caller.js';
import { CallerRefused } from './caller-refused.js';
import { loginPathFor } from './login-path.js';
import type { OperatorSessions } from './operator-sessions.js';
import { assertCsrf, cookieOf, SESSION_COOKIE } from './session-cookie.js';
import type { Arrival, RateLimits } from '../rate-limit/rate-limits.js';
import type { TokenVerifier } from './token-verifier.js';

/** Injection token of the `CallerGate`; null where everybody is let in everywhere. */
export const CALLER_GATE = 'holdfast.caller-gate';

/** By what a request proves who asks. */
interface Proof {
  readonly token: string;
  /** Of a browser's cookie: it says who asks, but not that they want to. */
  readonly isCookie: boolean;
}

/** Lets requests in to what they are for, or refuses them. */
export class CallerGate {
  /** Those that came in on the port of operations. */
  readonly #fromOperations = new WeakSet<IncomingMessage>();

  /**
   * @param verifier null under AUTH_MODE=none
   * @param limits null where callers may ask as often as they like
   * @param sessions null where operators do not log in
   */
  constructor(
    private readonly verifier: TokenVerifier | null,
    private readonly operations: OperationsAccess,
    private readonly limits: RateLimits | null = null,
    readonly sessions: OperatorSessions | null = null,
  ) {}

  /** Marks a request that came in on the port of operations. */
  cameFromOperations(request: IncomingMessage): void {
    this.#fromOperations.add(request);
  }

  /**
   * @param access undefined for a route that does not say who may ask for it: nobody
   * @throws ROUTE_NOT_FOUND on the wrong port; TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED,
   * SCOPE_MISSING, CSRF_TOKEN_INVALID; JWT_KEYS_UNAVAILABLE; RATE_LIMITED in place of each of them, too
   */
  admit(arrival: Arrival, access: Access | undefined): void | Promise<void> {
    const isPage = this.sessions && (access?.kind === 'operations' || access?.isPage);
    const loginPath = isPage ? loginPathFor(arrival.request) : undefined;
    if (loginPath === undefined) return this.#admitAny(arrival, access);
    return this.#admitBrowser(arrival, access, loginPath);
  }

  async #admitBrowser(
    arrival: Arrival,
    access: Access | undefined,
    loginPath: string,
  ): Promise<void> {
    try {
      await this.#admitAny(arrival, access);
    } catch (error) {
      const isUnknown = error instanceof CallerRefused && error.reason.status === 401;
      throw isUnknown ? Object.assign(error, { loginPath }) : error;
    }
  }

  #admitAny(arrival: Arrival, access: Access | undefined): void | Promise<void> {
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
    const proof = this.#proofOf(request);
    const known = this.verifier.known(proof.token);
    if (known) this.#admitCaller(request, known, access, proof);
    else return this.#verify(request, proof, access, this.verifier);
  }

  /**
   * Who asks for a route that is for everybody.
   * @returns null where nobody proves anything
   * @throws TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, CSRF_TOKEN_INVALID
   */
  async identify(request: IncomingMessage): Promise<Caller | null> {
    const caller = await this.whoIs(request);
    const isCookie = request.headers.authorization === undefined;
    if (caller && isCookie) this.#assertWanted(request, caller, undefined);
    return caller;
  }

  /**
   * The same, for a page, which judges its form by itself.
   * @throws TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED
   */
  async whoIs(request: IncomingMessage): Promise<Caller | null> {
    const isSilent =
      request.headers.authorization === undefined && this.#cookieOf(request) === undefined;
    if (!this.verifier || isSilent) return null;
    const { token } = this.#proofOf(request);
    const caller = this.verifier.known(token) ?? (await this.verifier.verify(token));
    this.#assertLive(caller);
    return caller;
  }

  /** Whether the route is not there on the port that the request came in on. */
  isOfOtherPort(request: IncomingMessage, access: Access | undefined): boolean {
    if (this.operations !== 'separate-port' || access?.kind === 'probe') return false;
    return (access?.kind === 'operations') !== this.#fromOperations.has(request);
  }

  close(): void {
    this.verifier?.close();
  }

  async #verify(
    request: IncomingMessage,
    proof: Proof,
    access: Access | undefined,
    verifier: TokenVerifier,
  ): Promise<void> {
    this.#admitCaller(request, await verifier.verify(proof.token), access, proof);
  }

  /** A header wins: who sends one has not been made to by a page. */
  #proofOf(request: IncomingMessage): Proof {
    const cookie =
      request.headers.authorization === undefined ? this.#cookieOf(request) : undefined;
    if (cookie !== undefined) return { token: cookie, isCookie: true };
    return { token: readBearerToken(request), isCookie: false };
  }

  #cookieOf(request: IncomingMessage): string | undefined {
    return this.sessions ? cookieOf(request, SESSION_COOKIE) : undefined;
  }

  #admitCaller(
    request: IncomingMessage,
    caller: Caller,
    access: Access | undefined,
    proof: Proof,
  ): void {
    this.#assertLive(caller);
    if (proof.isCookie) this.#assertWanted(request, caller, access);
    const isScoped = access && 'scope' in access;
    if (isScoped && caller.scopes.has(access.scope)) {
      letIn(request, caller);
      return;
    }
    turnAway(request, caller);
    throw isScoped ? CallerRefused.scope(access.scope) : new ReasonError('ROUTE_WITHOUT_SCOPE');
  }

  #assertLive(caller: Caller): void {
    if (caller.session !== undefined && this.sessions?.isLive(caller) === false) {
      throw CallerRefused.session();
    }
  }

  /** A browser sends a cookie with whatever a page asks for. */
  #assertWanted(request: IncomingMessage, { session }: Caller, access: Access | undefined): void {
    if (session === undefined || !this.sessions) {
      throw CallerRefused.invalid('it is not of a log-in');
    }
    assertCsrf(request, session, this.sessions, access);
  }

  #isOpen({ kind }: Access): boolean {
    if (kind === 'operations') return this.operations !== 'token';
    return kind !== 'scope';
  }

  #refuseWrongPort(request: IncomingMessage, access: Access | undefined): void {
    if (this.isOfOtherPort(request, access)) throw new ReasonError('ROUTE_NOT_FOUND');
  }
}
