import type { UsedCertificate } from '../connection/certificates.js';
import type { RunningProcess } from '../verification/builds.js';
import type { Durability } from '../verification/durability.js';
import type { ExcessRights } from '../verification/excess-rights.js';
import type { DatabaseIdentity, LiveIdentity, PinnedIdentity } from '../verification/identity.js';
import type { Unprepared } from '../verification/unprepared.js';
import type { DatabaseNeeds, Compatibility } from '../verification/needs.js';

/** One row of `holdfast_migrations`. */
export interface LedgerEntry {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  /** Whether older builds can go on with the schema that it made. */
  readonly backwardCompatible: boolean;
}

/** What one question to a database tells. */
export interface Inspection {
  readonly readOnly: boolean;
  /** Whether the ledger is there; `migrate up` makes it. */
  readonly prepared: boolean;
  /** Empty when no migration has been applied. */
  readonly ledger: readonly LedgerEntry[];
  /** Absent unless asked for; where there is no table for it, or no right to see it; on SQLite. */
  readonly identity?: DatabaseIdentity;
  /** Whether there is where builds say that they run. Absent unless the identity is asked for; on SQLite. */
  readonly tellsBuilds?: boolean;
}

/**
 * One connection of its own to one database, outside the pool: for verification and probes. One
 * implementation per dialect.
 */
export interface DatabaseSession {
  /** @param withIdentity in the same question */
  inspect(withIdentity?: boolean): Promise<Inspection>;
  /** Which database it is; `cluster` is empty where that may not be known. Undefined on SQLite. */
  identify(): Promise<LiveIdentity | undefined>;
  /**
   * Pins the database to itself and to an environment, unless it is.
   * @returns what is pinned; undefined without the right to, and on SQLite
   */
  pin(environment: string | null, by: string): Promise<PinnedIdentity | undefined>;
  /** Whether rights and tables are what is needed; on SQLite there are no rights to lack. */
  compatibility(needs: DatabaseNeeds): Promise<Compatibility>;
  /** What the role may do beyond what a service does; on SQLite there are no rights to have. */
  excessRights(needs: DatabaseNeeds): Promise<ExcessRights>;
  /** Whether what is acknowledged is kept; on SQLite it is. */
  durability(needs: DatabaseNeeds): Promise<Durability>;
  /** Those that the connection depends on; none without TLS. */
  certificates(): readonly UsedCertificate[];
  /**
   * Says what a process runs, for whoever migrates; on SQLite nobody asks.
   * @throws `pg`'s own error where there is no table for it, or no right to write it
   */
  publishBuild(running: RunningProcess): Promise<void>;
  /** Says that it still runs, or does not any more. @returns whether what it runs is known */
  tellRunning(process: string, isRunning: boolean): Promise<boolean>;
  /**
   * Which statements of this build the schema does not take.
   * @returns undefined where a lock is in the way; none on SQLite
   */
  unprepared(texts: readonly string[]): Promise<readonly Unprepared[] | undefined>;
  /** Writes a row and rolls it back. */
  probeWrite(): Promise<void>;
  /** A round trip to the server that is no statement; resolves at once where there is no server. */
  ping(): Promise<void>;
  /**
   * What the server does for others of the same role.
   * @param pids server processes
   * @returns those that are doing something, or about which the server does not tell; undefined where
   * there is no server, or one behind a pooler, which gives its clients numbers of its own
   */
  busyBackends(pids: readonly number[]): Promise<ReadonlySet<number> | undefined>;
  /** Frees the connection at once, whatever it is doing. */
  destroy(): void;
}

/** For `withResource`: frees a session's connection at once, whatever it is doing. */
export function destroySession(session: Pick<DatabaseSession, 'destroy'>): void {
  session.destroy();
}
