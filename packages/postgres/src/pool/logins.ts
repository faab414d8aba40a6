import type { PooledClient } from './pooled-client.js';
import type { HostSelector } from '../connection/host-selection.js';
import { isRefusedParameter } from '../connection/startup-parameters.js';
import { DurationHistogram } from '@holdfast/core/duration-histogram';
import { jittered } from '@holdfast/core/jitter';

/** A login, or a ping, that takes longer may hang: others are tried next to it. */
export const SLOW_LOGIN_MS = 1000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;

/**
 * What a connection asks for at its start: time-outs and the settings of its connection string, these
 * alone, or nothing.
 */
export type RequestedParameters = 'everything' | 'settings' | 'nothing';

/** What to ask for after a refusal. */
const FALLBACK: Readonly<Record<RequestedParameters, RequestedParameters>> = {
  everything: 'settings',
  settings: 'nothing',
  nothing: 'everything',
};

/** Why a login was given up that says nothing about the server. */
export class LoginDismissed extends Error {
  override readonly name = 'Dismissed';
}

/**
 * When the pool may log in. At most `most` logins are under way; after a failure there is one at a
 * time, after a pause that grows and that is drawn by lot, so that many processes do not come back
 * to a server that has just started in one wave.
 */
export class Logins {
  /** Of those that have succeeded. */
  readonly durations = new DurationHistogram();
  /** With the time of their beginning, oldest first. */
  readonly #inFlight = new Map<PooledClient, number>();
  #failures = 0;
  #pausedUntil = 0;
  #requestedParameters: RequestedParameters = 'everything';
  /** With what a server has refused what it was asked for at the start of a connection. */
  refusal: Error | undefined;
  /** `performance.now()` of the beginning of the one that ended last. */
  lastStartedAt = 0;

  /** @param route the hosts to choose from, where there are several */
  constructor(
    private readonly most: number,
    private readonly route?: HostSelector,
  ) {}

  get size(): number {
    return this.#inFlight.size;
  }

  dropTimeouts(): void {
    if (this.#requestedParameters === 'everything') this.#requestedParameters = 'settings';
  }

  /** What to ask for at the start of the next: a pooler refuses it, or drops it. */
  get requestedParameters(): RequestedParameters {
    return this.#requestedParameters;
  }

  /** Those that will probably end soon. */
  countPrompt(now: number): number {
    let prompt = 0;
    for (const begun of this.#inFlight.values()) if (now - begun < SLOW_LOGIN_MS) prompt += 1;
    return prompt;
  }

  start(client: PooledClient): void {
    this.#inFlight.set(client, performance.now());
  }

  /** @returns the error; `LoginDismissed` for a failure that is none, and after which another may begin */
  end(client: PooledClient, error: Error | undefined): Error | undefined {
    this.lastStartedAt = this.#inFlight.get(client) ?? 0;
    this.#inFlight.delete(client);
    if (!error) {
      this.durations.record(performance.now() - this.lastStartedAt);
      if (client.server) this.route?.succeeded(client.server);
      this.#failures = 0;
      this.#pausedUntil = 0;
      return undefined;
    }
    if (error instanceof LoginDismissed) return error;
    if (isRefusedParameter(error)) {
      this.#requestedParameters = FALLBACK[client.requestedParameters];
      this.refusal = error;
      // Refused without any as well, it was not because of them.
      if (this.#requestedParameters !== 'everything') return new LoginDismissed();
    }
    if (client.server && this.route?.failed(client.server, error)) return new LoginDismissed();
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#pausedUntil = performance.now() + jittered(pause);
    return error;
  }

  mayStart(now: number): boolean {
    if (this.size >= this.most || now < this.#pausedUntil) return false;
    return this.#failures === 0 || this.countPrompt(now) === 0;
  }

  /**
   * The login to give up for a new one when all hang: a server that is back answers a new one, and
   * may never answer those. The oldest stays, for a server that is only slow.
   */
  replaceable(now: number): PooledClient | undefined {
    if (this.size < this.most || now < this.#pausedUntil || this.countPrompt(now) > 0)
      return undefined;
    return [...this.#inFlight.keys()][1];
  }

  /** Milliseconds until `mayStart` or `replaceable` may say something else. */
  msUntilNext(now: number): number {
    const last = [...this.#inFlight.values()].at(-1);
    const late = last === undefined ? 0 : last + SLOW_LOGIN_MS - now;
    return Math.max(1, Math.ceil(Math.max(this.#pausedUntil - now, late)));
  }

  all(): readonly PooledClient[] {
    return [...this.#inFlight.keys()];
  }
}
