import type { Settings } from '@holdfast/guard/settings';
import { LoginDismissed, type Logins } from './logins.js';
import type { PooledClient } from './pooled-client.js';
import { setInOwnSession, parseOptions } from '../connection/startup-parameters.js';

/** Whether the time-outs hold in the sessions of a pool, and how they are had where they were refused. */
export class SessionTimeouts {
  #areVerified = false;
  /** Whether time-outs that were refused at the start hold when they are set after the login. */
  #areSet: boolean | undefined;

  /** @param startUpOptions what the sessions ask for besides, as `options` */
  constructor(
    private readonly settings: Settings['pool'],
    private readonly startUpOptions: string | undefined,
    private readonly logins: Logins,
  ) {}

  /** Begins a transaction. Through a pooler it brings the time-outs, which the session has not. */
  get beginStatement(): string {
    if (this.logins.requestedParameters === 'everything' || this.#areSet) return 'BEGIN';
    const { statementTimeoutMs, lockTimeoutMs } = this.settings;
    return `BEGIN; SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}`;
  }

  /** The first connection tells whether the time-outs hold: PgBouncer can be told to drop them. */
  async check(client: PooledClient): Promise<void> {
    if (!client.hasTimeouts) await this.#setAfterLogin(client);
    if (this.#areVerified || !client.hasTimeouts) return;
    const [row] = await client.queryInTime<{ setting: string }>(
      "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'",
    );
    this.#areVerified = true;
    if (row?.setting === String(this.settings.statementTimeoutMs)) return;
    client.hasTimeouts = false;
    this.logins.dropTimeouts();
  }

  /**
   * A pooler that refuses time-outs and settings at the start may still give each client a session of
   * its own. Where it does not, time-outs come with each transaction, and settings cannot be had.
   */
  async #setAfterLogin(client: PooledClient): Promise<void> {
    const { statementTimeoutMs, lockTimeoutMs } = this.settings;
    const isMissing = client.requestedParameters === 'nothing';
    if (this.#areSet === false && !isMissing) return;
    const settings = isMissing ? parseOptions(this.startUpOptions) : [];
    const isOwn =
      settings &&
      (await setInOwnSession(client, [
        ['statement_timeout', String(statementTimeoutMs)],
        ['lock_timeout', String(lockTimeoutMs)],
        ...settings,
      ]));
    if (!isOwn && this.startUpOptions !== undefined && isMissing)
      throw this.logins.refusal ?? new LoginDismissed();
    this.#areSet = isOwn ?? false;
    client.hasTimeouts = this.#areSet;
  }
}
