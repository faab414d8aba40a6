import type { PostgresSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { databaseFailure } from '../database/database-failure.js';
import type { Log } from '../logging/log.js';
import { type ReasonCode, type ReasonError, reasonFor } from '../reasons.js';
import { type Check, Failing } from './check.js';
import { openProbeSession } from './database-probe.js';

/** Between attempts while logins fail. */
const RETRY_MS = 1000;
/** What a role is told whose password, validity or rights have changed. */
const REFUSALS: readonly ReasonCode[] = ['POSTGRES_AUTH_FAILED', 'POSTGRES_RIGHTS_MISSING'];

/**
 * Logs in anew from time to time: sessions that are open outlive a changed password, so that without
 * it nobody would notice before they are recycled.
 */
export class LoginCanary {
  readonly #failing = new Failing();
  #check: Check = { ok: true, detail: 'succeeding' };
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    readonly database: PostgresSettings,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  /** What the last login said. */
  get check(): Check {
    return this.#check;
  }

  /** The first login is after a part of the interval: verification has just logged in. */
  start(): void {
    this.#sleep(this.settings.loginIntervalSeconds * 1000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #sleep(milliseconds: number): void {
    if (this.#isClosed) return;
    const jittered = milliseconds * (0.75 + Math.random() / 4);
    this.#timer = setTimeout(() => void this.#attempt(), jittered).unref();
  }

  async #attempt(): Promise<void> {
    const failure = await this.#login();
    const code = failure && codeOf(failure);
    if (this.#isClosed) return;
    const wasOk = this.#check.ok;
    this.#check = this.#failing.mark(
      code === undefined
        ? { ok: true, detail: 'succeeding' }
        : { ok: false, detail: 'failing', code },
    );
    this.#tell(wasOk, code, failure);
    this.#sleep(code === undefined ? this.settings.loginIntervalSeconds * 1000 : RETRY_MS);
  }

  async #login(): Promise<ReasonError | undefined> {
    try {
      const session = await openProbeSession(this.database, this.settings, 'login');
      session.destroy();
      return undefined;
    } catch (error) {
      return databaseFailure(this.database, error);
    }
  }

  #tell(wasOk: boolean, code: ReasonCode | undefined, failure: ReasonError | undefined): void {
    const database = this.database.name;
    if (code !== undefined && wasOk) {
      const told = `${reasonFor(code).meaning} ${failure?.message ?? ''}`;
      this.log.warn({ event: 'login.failing', database, code }, told);
    }
    if (code === undefined && !wasOk) this.log.info({ event: 'login.recovered', database });
  }
}

function codeOf({ code }: ReasonError): ReasonCode {
  return REFUSALS.includes(code as ReasonCode) ? 'POSTGRES_LOGIN_FAILING' : (code as ReasonCode);
}
