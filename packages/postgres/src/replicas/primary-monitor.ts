import type { VerifiedIdentity } from '../verification/verified-identity.js';
import type { MonitorConnection } from './monitor-connection.js';
import { endOfRecords, positionOf } from './position.js';

/** How far the primary's write-ahead log was at some time. */
export interface Sample {
  /** `performance.now()` before the question: what was acknowledged by then is in the log. */
  readonly at: number;
  /** The primary's own clock, in milliseconds: what was acknowledged by then is in the log. */
  readonly clock: number;
  /** A standby that has replayed up to here shows all of that. */
  readonly position: bigint;
}

/** Which database of which cluster; a standby has those of its primary. */
export interface Identity {
  readonly cluster: string;
  readonly database: string;
}

export const IDENTITY = `(SELECT system_identifier::text FROM pg_control_system()) AS cluster,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`;

/**
 * The clock is read before the position. A commit that is acknowledged has been flushed, but for
 * `synchronous_commit = off`, under which it has only been inserted.
 */
const QUESTION = `SELECT ${IDENTITY},
  extract(epoch FROM clock_timestamp())::float8 * 1000 AS clock,
  current_setting('synchronous_commit') = 'off' AS unflushed,
  CASE current_setting('synchronous_commit')
    WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END AS position`;

interface Answer extends Identity {
  readonly clock: number;
  readonly unflushed: boolean;
  readonly position: string;
}

/** So many samples are kept: a replica that is further behind has a lag that is not known. */
const KEPT = 400;

/** Asks the primary how far its write-ahead log is, and remembers the answers. */
export class PrimaryMonitor {
  readonly #samples: Sample[] = [];
  #identity: Identity | undefined;

  /** @param known what it has to be: of another database its replicas could be, too */
  constructor(
    private readonly connection: MonitorConnection,
    private readonly known?: VerifiedIdentity,
  ) {}

  /** As of the last answer. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** The last answer. */
  get latest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** Never rejects: without an answer, the last one grows old. */
  async sample(): Promise<void> {
    const at = performance.now();
    try {
      const { cluster, database, clock, unflushed, position } =
        await this.connection.query<Answer>(QUESTION);
      this.known?.assertSame({ cluster, database });
      this.#identity = { cluster, database };
      const told = positionOf(position);
      this.#samples.push({ at, clock, position: unflushed ? endOfRecords(told) : told });
      if (this.#samples.length > KEPT) this.#samples.shift();
    } catch {
      // The probe of the database tells what is wrong with it.
    }
  }

  /** The latest answer that a standby which has replayed up to the position has caught up with. */
  caughtUp(position: bigint): Sample | undefined {
    return this.#samples.findLast((sample) => sample.position <= position);
  }

  /**
   * What the primary's clock says at most, in milliseconds.
   * @param now `performance.now()`
   * @returns undefined when the primary has never answered
   */
  clockAt(now: number): number | undefined {
    const { latest } = this;
    return latest && latest.clock + (now - latest.at);
  }
}
