import type { Log } from '@holdfast/core/log';
import { type ReasonCode, reasonFor } from '@holdfast/core/reasons';
import { type Check, Failing } from './check.js';
import '../reasons.js';
import { jittered } from '@holdfast/core/jitter';

/** Between attempts while logins fail. */
const RETRY_MS = 1000;

/** Why a login failed: the code, and for the log which server it was and how. */
export interface LoginFailure {
  readonly code: ReasonCode;
  readonly detail: string;
}

/**
 * Logs in anew from time to time: sessions that are open outlive a changed password, so that without
 * it nobody would notice before they are replaced.
 */
export class LoginCanary {
  readonly #failing = new Failing();
  #check: Check = { ok: true, detail: 'succeeding' };
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param name of the database, or `redis`
   * @param logIn logs in and out again; never rejects
   */
  constructor(
    readonly name: string,
    private readonly logIn: () => Promise<LoginFailure | undefined>,
    private readonly intervalSeconds: number,
    private readonly log: Log,
  ) {}

  /** What the last login said. */
  get check(): Check {
    return this.#check;
  }

  /** The first login is after a part of the interval: verification has just logged in. */
  start(): void {
    this.#sleep(this.intervalSeconds * 1000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #sleep(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#attempt(), jittered(milliseconds, 0.75)).unref();
  }

  async #attempt(): Promise<void> {
    const failure = await this.logIn();
    if (this.#isClosed) return;
    const wasOk = this.#check.ok;
    this.#check = this.#failing.mark(
      failure
        ? { ok: false, detail: 'failing', code: failure.code }
        : { ok: true, detail: 'succeeding' },
    );
    this.#logChange(wasOk, failure);
    this.#sleep(failure ? RETRY_MS : this.intervalSeconds * 1000);
  }

  #logChange(wasOk: boolean, failure: LoginFailure | undefined): void {
    const database = this.name;
    if (failure && wasOk) {
      const { code, detail } = failure;
      this.log.warn(
        { event: 'login.failing', database, code },
        `${reasonFor(code).meaning} ${detail}`,
      );
    }
    if (!failure && !wasOk) this.log.info({ event: 'login.recovered', database });
  }
}
