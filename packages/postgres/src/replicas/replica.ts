import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { describeFailure, describeDatabase } from '../faults/database-failure.js';
import { openDatabase } from '../database/open-database.js';
import type { PoolDurations, PoolStatistics } from '../pool/pool-statistics.js';
import type { Sql } from '../database/sql-database.js';
import { MonitorConnection } from './monitor-connection.js';
import { positionOf } from './position.js';
import type { PrimaryMonitor, Sample } from './primary-monitor.js';
import type { Reader } from './reader.js';
import { FACTS, replicaMismatch, type ReplicaFacts, replicaFault } from './replica-facts.js';

/** Pause before a server is asked again that has refused a login for good. */
const REFUSED_PAUSE_MS = 5000;

/** What there is to say of a replica. */
export interface ReplicaStatus {
  /** Why it is not read from; absent while it is. */
  readonly code?: ReasonCode;
  /** What it shows is at most so old, in milliseconds; absent when that is not known. */
  readonly lagMs?: number;
  /** RFC 3339, with a code. */
  readonly failingSince?: string;
}

/**
 * One read replica: its pool, opened when it is first seen in good health, and what is known of it.
 * What it shows is known by the write-ahead log alone; its clock does not matter.
 */
export class Replica {
  readonly #connection: MonitorConnection;
  /** Reads under way, each by what gives it up. */
  readonly #reads = new Set<(error: unknown) => void>();
  readonly #capacity: number;
  #opened: Awaited<ReturnType<typeof openDatabase>> | undefined;
  #checking: Promise<void> | undefined;
  #fault: ReasonCode | undefined = 'REPLICA_UNREACHABLE';
  /** Counts what has gone wrong: an answer from before says nothing about afterwards. */
  #failures = 0;
  #caughtUp: Sample | undefined;
  #nextCheckAt = 0;
  #lastFailure = '';

  /**
   * @param name as operators know it: `replica-1`
   * @param boundMs milliseconds in which it has to answer the monitor
   */
  constructor(
    readonly name: string,
    readonly settings: PostgresSettings,
    private readonly all: Settings,
    private readonly log: Log,
    boundMs: number,
  ) {
    const { pool } = all;
    this.#capacity = pool.size + pool.maxOverflow;
    this.#connection = new MonitorConnection(settings, pool, boundMs, () => {
      this.fail('REPLICA_UNREACHABLE');
    });
  }

  /** For the log: which server it is and how it failed last; empty where it never has. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  get reads(): number {
    return this.#reads.size;
  }

  /** Whether the reader sees there what it may expect to see, and does not have to wait for it. */
  suits(reader: Reader, now: number): boolean {
    const caughtUp = this.#caughtUp;
    return (
      this.#fault === undefined &&
      caughtUp !== undefined &&
      now - caughtUp.at <= this.all.replicaMaxLagMs &&
      caughtUp.at >= reader.writtenAt &&
      caughtUp.clock >= reader.writtenAtClock &&
      this.#reads.size < this.#capacity
    );
  }

  /** Whether it can go on serving whom it has begun to serve. */
  get isHealthy(): boolean {
    return this.#fault === undefined;
  }

  /**
   * Fails with what the driver says, or with REPLICA_UNREACHABLE as soon as the monitor finds it
   * gone: a server that has frozen would hold the reader until the statement's own bound.
   */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const { sql } = this.#opened ?? {};
    if (!sql) return Promise.reject(new ReasonError('REPLICA_UNREACHABLE'));
    return new Promise((resolve, reject) => {
      this.#reads.add(reject);
      sql
        .read(work)
        .finally(() => this.#reads.delete(reject))
        .then(resolve, reject);
    });
  }

  /** Asks how it is; at most once at a time. Never rejects. */
  check(primary: PrimaryMonitor): Promise<void> {
    if (performance.now() < this.#nextCheckAt) return Promise.resolve();
    this.#checking ??= this.#runCheck(primary).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** It is not read from until the monitor has had an answer that was asked for after this. */
  fail(code: ReasonCode): void {
    this.#failures += 1;
    this.#fault = code;
    // A standby that restarts may go back a little.
    this.#caughtUp = undefined;
    for (const giveUp of this.#reads) giveUp(new ReasonError('REPLICA_UNREACHABLE'));
  }

  status(primary: PrimaryMonitor, now: number): ReplicaStatus {
    const lagMs = this.#caughtUp && Math.round(now - this.#caughtUp.at);
    const code = this.#fault ?? this.#lagCode(primary, now);
    return { ...(code && { code }), ...(lagMs !== undefined && { lagMs }) };
  }

  statistics(): PoolStatistics {
    return this.#opened?.sql.statistics() ?? notOpened(this.all.pool);
  }

  /** Undefined before it was reached. */
  poolDurations(): PoolDurations | undefined {
    return this.#opened?.sql.poolDurations();
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#checking;
    await this.#opened?.close();
  }

  async #runCheck(primary: PrimaryMonitor): Promise<void> {
    const failures = this.#failures;
    try {
      const facts = await this.#connection.query<ReplicaFacts>(FACTS);
      // Until the primary has answered, it is not known whose replica it is.
      const fault = primary.identity
        ? replicaMismatch(facts, primary.identity)
        : 'REPLICA_LAG_UNKNOWN';
      if (fault) {
        this.fail(fault);
        return;
      }
      this.#opened ??= await openDatabase(this.settings, this.all, this.log);
      if (failures === this.#failures) this.#accept(facts, primary);
    } catch (error) {
      const { code, transient } = replicaFault(error);
      this.#lastFailure = `${describeDatabase(this.settings)}${describeFailure(this.settings, error)}`;
      if (!transient) this.#nextCheckAt = performance.now() + REFUSED_PAUSE_MS;
      this.fail(code);
    }
  }

  #accept({ position }: ReplicaFacts, primary: PrimaryMonitor): void {
    this.#fault = undefined;
    if (position === null) return;
    this.#caughtUp = primary.caughtUp(positionOf(position)) ?? this.#caughtUp;
  }

  #lagCode(primary: PrimaryMonitor, now: number): ReasonCode | undefined {
    const { replicaMaxLagMs } = this.all;
    const isWithin = (sample: Sample | undefined) =>
      sample !== undefined && now - sample.at <= replicaMaxLagMs;
    if (isWithin(this.#caughtUp)) return undefined;
    return isWithin(primary.latest) ? 'REPLICA_LAGGING' : 'REPLICA_LAG_UNKNOWN';
  }
}

/** Statistics of a pool that could not be used yet. */
function notOpened({ size, maxOverflow }: Settings['pool']): PoolStatistics {
  return {
    size,
    max_overflow: maxOverflow,
    checked_out: 0,
    idle: 0,
    overflow: 0,
    waiting: 0,
    acquired_total: 0,
    timeouts_total: 0,
    leaks_total: 0,
    acquire_ms: { p50: 0, p99: 0 },
  };
}
