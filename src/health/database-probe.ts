import type { DatabaseSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { faultOf, openSession } from '../database/open-session.js';
import type { DatabaseSession, Inspection } from '../database/session.js';
import type { ReasonCode } from '../reasons.js';
import { Probe, type Question, type Reading } from './probe.js';

/**
 * Keeps one connection of its own to one database, outside the pool: a saturated pool is no
 * outage, and an outage does not use up the pool.
 */
export class DatabaseProbe {
  readonly #health: Probe<Inspection>;
  readonly #write: Probe<void>;
  readonly #questions: readonly SessionQuestion<unknown>[];

  constructor(
    readonly database: DatabaseSettings,
    settings: Settings,
  ) {
    const health = new SessionQuestion(database, settings, (session) => session.inspect());
    const write = new SessionQuestion(database, settings, (session) => session.probeWrite());
    this.#health = new Probe(health, settings.probeTimeoutMs);
    this.#write = new Probe(write, settings.probeTimeoutMs);
    this.#questions = [health, write];
  }

  read(): Promise<Reading<Inspection>> {
    return this.#health.read();
  }

  /** Whether a real write, rolled back, goes through. */
  async canWrite(): Promise<boolean> {
    return (await this.#write.read()).ok;
  }

  close(): void {
    for (const question of this.#questions) question.abandon();
  }
}

class SessionQuestion<T> implements Question<T> {
  #session: DatabaseSession | undefined;
  /** A session that opens after it was given up belongs to nobody. */
  #generation = 0;

  constructor(
    private readonly database: DatabaseSettings,
    private readonly settings: Settings,
    private readonly question: (session: DatabaseSession) => Promise<T>,
  ) {}

  async ask(): Promise<T> {
    const session = (this.#session ??= await this.open());
    try {
      return await this.question(session);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  abandon(): void {
    this.#generation += 1;
    this.#session?.destroy();
    this.#session = undefined;
  }

  codeOf(error: unknown): ReasonCode {
    return faultOf(this.database, error).code;
  }

  private async open(): Promise<DatabaseSession> {
    const generation = this.#generation;
    const { probeTimeoutMs, pool } = this.settings;
    const bounded =
      this.database.type === 'sqlite'
        ? this.database
        : { ...this.database, connectTimeoutMs: probeTimeoutMs };
    const session = await openSession(bounded, pool, 'probe');
    if (generation === this.#generation) return session;
    session.destroy();
    throw new Error('given up while connecting');
  }
}
