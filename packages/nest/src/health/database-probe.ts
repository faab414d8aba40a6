import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { BusyBackendsQuery } from '@holdfast/postgres/pool/half-open-connections';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { verifiedIdentityOf } from '@holdfast/postgres/verification/verified-identity';
import { faultOf, openSession } from '@holdfast/postgres/sessions/open-session';
import type { DatabaseSession, Inspection } from '@holdfast/postgres/sessions/session';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { Condition, DatabaseCondition } from './database-condition.js';
import type { RunningBuild } from './running-build.js';
import { HedgedLogin } from './hedged-login.js';
import { Probe, type ProbeTarget, type Reading } from './probe.js';

const EVERY_MS = 1000;
/** Load balancers probe every second or two: they are answered from what is known. */
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
  readonly #session: () => DatabaseSession | undefined;

  /**
   * @param condition read together with the inspection
   * @param running told in place of a heartbeat
   * @param onStallEnded called when the server answers a new connection after an old one got no answer
   */
  constructor(
    readonly database: DatabaseSettings,
    settings: Settings,
    condition: DatabaseCondition,
    private readonly running: RunningBuild,
    onStallEnded: (askBusy: BusyBackendsQuery) => void,
  ) {
    const rhythm = { timeoutMs: settings.probeTimeoutMs, everyMs: EVERY_MS };
    const health = new SessionTarget(
      database,
      settings,
      async (session) => {
        const inspection = await session.inspect();
        // A file costs no round trip, and has no heartbeat in whose place it could be read.
        if (database.type === 'sqlite') await condition.refreshDue(session);
        return { ...inspection, ...condition.of(session, inspection.ledger) };
      },
      (answer) => answer.readOnly || condition.mayBeOutdated(answer),
      onStallEnded,
      async (session) =>
        (await running.tellDue(session)) || (await condition.refreshDue(session)) || session.ping(),
    );
    this.#session = () => health.session;
    const write = new SessionTarget(database, settings, (session) => session.probeWrite());
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

  /** Says that this process runs no more, where there is a connection to say it by. */
  async sayGoodbye(): Promise<void> {
    const session = this.#session();
    if (session) await this.running.tellEnd(session);
  }

  close(): void {
    this.#health.close();
    this.#write.close();
  }
}

/**
 * @param isOfLogin whether an answer may be true of this session alone, which keeps for good what the
 * role and the database had set when it logged in: then another session is opened
 */
class SessionTarget<T> implements ProbeTarget<T> {
  readonly heartbeat?: () => Promise<void>;
  readonly #login: HedgedLogin;
  #session: DatabaseSession | undefined;
  #openedAt = -Infinity;
  #wasStalled = false;
  /** A session that opens after it was given up belongs to nobody. */
  #generation = 0;

  constructor(
    private readonly database: DatabaseSettings,
    settings: Settings,
    private readonly run: (session: DatabaseSession) => Promise<T>,
    private readonly isSessionBound: (answer: T) => boolean = () => false,
    private readonly onStallEnded: (askBusy: BusyBackendsQuery) => void = () => undefined,
    beat: (session: DatabaseSession) => Promise<unknown> = (session) => session.ping(),
  ) {
    this.#login = new HedgedLogin(
      (loginIdleMs) => openProbeSession(database, settings, 'probe', loginIdleMs),
      settings.probeTimeoutMs,
    );
    if (database.type === 'postgresql') {
      this.heartbeat = async () => {
        await beat(this.#connected);
      };
    }
  }

  get session(): DatabaseSession | undefined {
    return this.#session;
  }

  async connect(): Promise<void> {
    if (this.#session) return;
    const generation = this.#generation;
    const session = await this.#login.open();
    if (generation !== this.#generation) {
      session.destroy();
      return;
    }
    this.#session = session;
    this.#openedAt = performance.now();
    if (this.#wasStalled) this.onStallEnded((pids) => session.busyBackends(pids));
    this.#wasStalled = false;
  }

  async query(): Promise<T> {
    const answer = await this.run(this.#connected);
    if (this.isSessionBound(answer) || this.#otherAt > this.#openedAt) this.abandon(false);
    return answer;
  }

  abandon(isStalled: boolean): void {
    this.#wasStalled ||= isStalled;
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

  /** Another login has led to another database: whether this session is affected, only a new one shows. */
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
 * A connection for probing a database: the server cancels its statements after
 * `HEALTH_PROBE_TIMEOUT_MS`. It never waits for locks of SQLite, which would block the process.
 * @param loginIdleMs milliseconds without a byte from the server after which the login is abandoned; it
 * has the whole time to connect by default
 */
export function openProbeSession(
  database: DatabaseSettings,
  { pool, probeTimeoutMs }: Settings,
  role: 'probe' | 'login',
  loginIdleMs?: number,
): Promise<DatabaseSession> {
  // A locked table is reported before a server that does not answer is.
  const lockTimeoutMs = database.type === 'sqlite' ? 0 : Math.floor(probeTimeoutMs / 2);
  const bounds = { ...pool, statementTimeoutMs: probeTimeoutMs, lockTimeoutMs };
  return openSession(database, bounds, role, loginIdleMs);
}
