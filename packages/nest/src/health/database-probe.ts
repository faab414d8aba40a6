import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { BusyBackendsQuery } from '@holdfast/postgres/pool/half-open-connections';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { verifiedIdentityOf } from '@holdfast/postgres/verification/verified-identity';
import { faultOf, openSession } from '@holdfast/postgres/sessions/open-session';
import type { DatabaseSession, Inspection } from '@holdfast/postgres/sessions/session';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { Condition, DatabaseCondition } from './database-condition.js';
import { PatientLogIn } from './patient-log-in.js';
import { Probe, type Question, type Reading } from './probe.js';

const EVERY_MS = 1000;
/** Load balancers ask every second or two: they are answered from what is known. */
const WATCH_MS = 2500;

/** What the probe of a database finds out. */
export type ProbedDatabase = Inspection & Condition;

/**
 * Keeps one connection of its own to one database, outside the pool: a saturated pool is no
 * outage, and an outage does not use up the pool.
 */
export class DatabaseProbe {
  readonly #health: Probe<ProbedDatabase>;
  readonly #write: Probe<void>;

  /**
   * @param condition asked for with what a load balancer wants to know
   * @param onSilenceEnded told when the server answers a new connection after an old one got no answer
   */
  constructor(
    readonly database: DatabaseSettings,
    settings: Settings,
    condition: DatabaseCondition,
    onSilenceEnded: (askBusy: BusyBackendsQuery) => void,
  ) {
    const rhythm = { timeoutMs: settings.probeTimeoutMs, everyMs: EVERY_MS };
    const health = new SessionQuestion(
      database,
      settings,
      async (session) => {
        const inspection = await session.inspect();
        // A file costs no round trip, and has no heartbeat in whose place it could be asked.
        if (database.type === 'sqlite') await condition.askWhatIsDue(session);
        return { ...inspection, ...condition.of(session, inspection.ledger) };
      },
      (answer) => answer.readOnly || condition.isOfLogIn(answer),
      onSilenceEnded,
      async (session) => (await condition.askWhatIsDue(session)) || session.ping(),
    );
    const write = new SessionQuestion(database, settings, (session) => session.probeWrite());
    this.#health = new Probe(health, { ...rhythm, watchMs: WATCH_MS });
    this.#write = new Probe(write, { ...rhythm, watchMs: 0 });
  }

  read(): Promise<Reading<ProbedDatabase>> {
    return this.#health.read();
  }

  /** Whether a real write, rolled back, goes through. */
  async canWrite(): Promise<boolean> {
    const [health, write] = await Promise.all([this.#health.read(), this.#write.read()]);
    // What is written to another database is written in vain.
    const isOther = !health.ok && health.code === 'DATABASE_IDENTITY_MISMATCH';
    return write.ok && !isOther;
  }

  close(): void {
    this.#health.close();
    this.#write.close();
  }
}

/**
 * @param isOfLogIn whether an answer may be true of this session alone, which keeps for good what the
 * role and the database had set when it logged in: then the next one is asked
 */
class SessionQuestion<T> implements Question<T> {
  readonly beat?: () => Promise<void>;
  readonly #logIn: PatientLogIn;
  #session: DatabaseSession | undefined;
  #openedAt = -Infinity;
  #wasSilent = false;
  /** A session that opens after it was given up belongs to nobody. */
  #generation = 0;

  constructor(
    private readonly database: DatabaseSettings,
    settings: Settings,
    private readonly question: (session: DatabaseSession) => Promise<T>,
    private readonly isOfLogIn: (answer: T) => boolean = () => false,
    private readonly onSilenceEnded: (askBusy: BusyBackendsQuery) => void = () => undefined,
    beat: (session: DatabaseSession) => Promise<unknown> = (session) => session.ping(),
  ) {
    this.#logIn = new PatientLogIn(
      (silenceMs) => openProbeSession(database, settings, 'probe', silenceMs),
      settings.probeTimeoutMs,
    );
    if (database.type === 'postgresql') {
      this.beat = async () => {
        await beat(this.#connected);
      };
    }
  }

  async connect(): Promise<void> {
    if (this.#session) return;
    const generation = this.#generation;
    const session = await this.#logIn.open();
    if (generation !== this.#generation) {
      session.destroy();
      return;
    }
    this.#session = session;
    this.#openedAt = performance.now();
    if (this.#wasSilent) this.onSilenceEnded((pids) => session.busyBackends(pids));
    this.#wasSilent = false;
  }

  async ask(): Promise<T> {
    const answer = await this.question(this.#connected);
    if (this.isOfLogIn(answer) || this.#otherAt > this.#openedAt) this.abandon(false);
    return answer;
  }

  abandon(isSilent: boolean): void {
    this.#wasSilent ||= isSilent;
    this.#generation += 1;
    this.#session?.destroy();
    this.#session = undefined;
  }

  codeOf(error: unknown): ReasonCode {
    return faultOf(this.database, error).code;
  }

  isLost(error: unknown): boolean {
    return this.database.type === 'postgresql' && (error === undefined || isDisconnected(error));
  }

  /** Somebody else's log-in has led to another database: what this one is worth, only a new one tells. */
  get #otherAt(): number {
    if (this.database.type === 'sqlite') return -Infinity;
    return verifiedIdentityOf(this.database)?.wrongDatabaseAt ?? -Infinity;
  }

  get #connected(): DatabaseSession {
    if (this.#session) return this.#session;
    throw new Error('given up while connecting');
  }
}

/**
 * A connection for asking how a database is: the server gives up its statements after
 * `HEALTH_PROBE_TIMEOUT_MS`. It never waits for locks of SQLite, which would block the process.
 * @param silenceMs milliseconds without a word from the server after which the log-in is given up; it
 * has the whole time to connect by default
 */
export function openProbeSession(
  database: DatabaseSettings,
  { pool, probeTimeoutMs }: Settings,
  role: 'probe' | 'login',
  silenceMs?: number,
): Promise<DatabaseSession> {
  // A table that is locked is told before the silence of the server is.
  const lockTimeoutMs = database.type === 'sqlite' ? 0 : Math.floor(probeTimeoutMs / 2);
  const bounds = { ...pool, statementTimeoutMs: probeTimeoutMs, lockTimeoutMs };
  return openSession(database, bounds, role, silenceMs);
}
