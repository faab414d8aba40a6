import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../migration.js';
import type {
  MigrationReporter,
  MigrationSettings,
  MigratorIdentity,
} from '../migration-session.js';
import { concurrentIndexOf, dropIfInvalid } from './concurrent-index.js';
import { entryOf } from './ledger.js';
import { lockKey, pollLock } from './migration-lock.js';
import type { Facts } from './postgres-migration-session.js';
import type { Statement } from './statements.js';
import type { Watcher } from './watcher.js';

/**
 * Milliseconds that a statement waits for a table: whoever waits for an exclusive lock holds up all
 * who come after, so that it gives way and tries again. The idea is that of pgroll.
 */
const TABLE_LOCK_MS = 100;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const PROGRESS_MS = 2000;
/** How often the server looks whether the client of a long statement is still there. */
const CONNECTION_CHECK_MS = 1000;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

/** They wait for rows, and hold nobody up who reads. */
const DATA_STATEMENTS = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
]);

/** What is known once a transaction has begun. */
interface Begun {
  readonly pid: number;
  readonly locked: boolean;
  readonly applied: boolean;
}

interface Surroundings {
  readonly client: pg.Client;
  readonly facts: Facts;
  readonly watcher: Watcher;
  readonly settings: MigrationSettings;
  readonly reporter: MigrationReporter;
}

/** One migration on its way into a database. */
export class MigrationRun {
  readonly #started = performance.now();
  readonly #deadline: number;
  /** Of the server process that works on it. */
  #pid = 0;
  #statement = 1;
  #blockers: string | undefined;

  constructor(
    private readonly migration: Migration,
    private readonly statements: readonly Statement[],
    private readonly around: Surroundings,
  ) {
    this.#deadline = Date.now() + around.settings.migrationLockTimeoutSeconds * 1000;
  }

  /**
   * @param durable whether the commit waits until it is on disk
   * @returns milliseconds, or null when the migration has been applied by another
   */
  async carryOut(identity: MigratorIdentity, durable: boolean): Promise<number | null> {
    const telling = setInterval(() => void this.#tell(), PROGRESS_MS);
    try {
      return await this.#patiently(() =>
        this.migration.transactional
          ? this.#inTransaction(identity, durable)
          : this.#alone(identity),
      );
    } finally {
      clearInterval(telling);
    }
  }

  /** Tries again while a table is in use, until the time is up. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        await this.around.client.query('ROLLBACK').catch(() => undefined);
        const { code } = error as { code?: string };
        if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw error;
        if (Date.now() >= this.#deadline) throw this.#lockTimeout(error);
      }
      await wait(pause * (0.5 + Math.random() / 2));
    }
  }

  async #inTransaction(identity: MigratorIdentity, durable: boolean): Promise<number | null> {
    const { client } = this.around;
    const started = performance.now();
    if (!(await this.#begin(durable))) return null;
    let limit = this.#lockLimit(0);
    for (const [index, { text }] of this.statements.entries()) {
      this.#statement = index + 1;
      const own = this.#lockLimit(index);
      if (own !== limit) await client.query(`SET LOCAL lock_timeout = ${own}`);
      limit = own;
      await this.#watched(client.query(text));
    }
    const duration = performance.now() - started;
    const entry = entryOf(this.migration, identity, duration, (text) => client.escapeLiteral(text));
    await client.query(`${entry}; COMMIT`);
    return duration;
  }

  /** @returns whether the migration is still to be applied; the transaction is open only then */
  async #begin(durable: boolean): Promise<boolean> {
    const { client, facts } = this.around;
    if (!facts.pooled) return !(await this.#beginWith('true', durable)).applied;
    const { store } = this.migration;
    const lock = `pg_try_advisory_xact_lock(${lockKey(client.escapeLiteral(store))})`;
    const { applied } = await pollLock(client, store, this.#secondsLeft(), async () => {
      const begun = await this.#beginWith(lock, durable);
      return begun.applied || begun.locked ? begun : undefined;
    });
    // The statement that took the lock saw the ledger as it was before.
    return !applied && !(await this.#appliedMeanwhile());
  }

  /** Begins a transaction, which goes on only when the lock is had and there is something to do. */
  async #beginWith(lock: string, durable: boolean): Promise<Begun> {
    const { client } = this.around;
    const [store, version] = [this.migration.store, this.migration.version].map((text) =>
      client.escapeLiteral(text),
    );
    const results = (await client.query<Begun>(
      `BEGIN; ${this.#limits('LOCAL')}; SET LOCAL lock_timeout = ${this.#lockLimit(0)};
       ${durable ? '' : 'SET LOCAL synchronous_commit = off;'}
       SELECT pg_backend_pid() AS pid, ${lock} AS locked, EXISTS (
         SELECT 1 FROM holdfast_migrations WHERE store = ${store} AND version = ${version}) AS applied`,
    )) as unknown as readonly pg.QueryResult<Begun>[];
    const begun = results.at(-1)?.rows[0];
    if (!begun) throw new TypeError('the server tells nothing');
    this.#pid = begun.pid;
    if (begun.applied || !begun.locked) await client.query('ROLLBACK');
    return begun;
  }

  async #appliedMeanwhile(): Promise<boolean> {
    const { client } = this.around;
    const { store, version } = this.migration;
    const { rowCount } = await client.query(
      'SELECT 1 FROM holdfast_migrations WHERE store = $1 AND version = $2',
      [store, version],
    );
    if (rowCount === 0) return false;
    await client.query('ROLLBACK');
    return true;
  }

  /** One statement outside a transaction, so that it may be done without having been entered. */
  async #alone(identity: MigratorIdentity): Promise<number | null> {
    const { client } = this.around;
    const { store, version } = this.migration;
    const [statement] = this.statements;
    const started = performance.now();
    const { rows } = await client.query<{ pid: number; applied: boolean }>(
      `SELECT pg_backend_pid() AS pid, EXISTS (
         SELECT 1 FROM holdfast_migrations WHERE store = $1 AND version = $2) AS applied`,
      [store, version],
    );
    if (rows[0]?.applied) return null;
    this.#pid = rows[0]?.pid ?? 0;
    if (statement) {
      const index = concurrentIndexOf(statement);
      // Waiting for others is what CONCURRENTLY does, and it holds nobody up.
      const limit = /\bCONCURRENTLY\b/i.test(statement.text) ? 0 : TABLE_LOCK_MS;
      await client.query(`${this.#limits('SESSION')}; SET SESSION lock_timeout = ${limit}`);
      const isThere = index !== undefined && (await dropIfInvalid(client, index));
      if (!isThere) await this.#watched(client.query(statement.text));
    }
    const duration = performance.now() - started;
    await client.query(
      entryOf(this.migration, identity, duration, (text) => client.escapeLiteral(text)),
    );
    return duration;
  }

  #limits(scope: 'LOCAL' | 'SESSION'): string {
    const limits = ['statement_timeout = 0', 'idle_in_transaction_session_timeout = 0'];
    // So that the lock of a migrator that was killed does not outlive it for long.
    if (this.around.facts.checksConnection)
      limits.push(`client_connection_check_interval = ${CONNECTION_CHECK_MS}`);
    return limits.map((limit) => `SET ${scope} ${limit}`).join('; ');
  }

  /** Rows may be waited for as long as requests wait, unless tables are held meanwhile. */
  #lockLimit(index: number): number {
    const { lockTimeoutMs } = this.around.settings.pool;
    const holdsTables = this.statements
      .slice(0, index + 1)
      .some(({ type }) => !DATA_STATEMENTS.has(type));
    return holdsTables ? TABLE_LOCK_MS : lockTimeoutMs;
  }

  /** Finds out who is in the way before the server gives up. */
  async #watched<T>(query: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.around.watcher.blockers(this.#pid).then(
        (blockers) => (this.#blockers = blockers ?? this.#blockers),
        () => undefined,
      );
    }, TABLE_LOCK_MS / 2);
    try {
      return await query;
    } finally {
      clearTimeout(timer);
    }
  }

  async #tell(): Promise<void> {
    const elapsedSeconds = (performance.now() - this.#started) / 1000;
    const statement = this.#statement;
    // What cannot be found out is not worth ending a migration for.
    const doing = await this.around.watcher.activity(this.#pid).catch(() => undefined);
    const known = doing ?? this.#blockers;
    this.around.reporter.progress({
      store: this.migration.store,
      id: idOf(this.migration),
      elapsedSeconds,
      statement,
      statements: this.statements.length,
      ...(known !== undefined && { doing: known }),
    });
  }

  #secondsLeft(): number {
    return Math.max(0, (this.#deadline - Date.now()) / 1000);
  }

  #lockTimeout(cause: unknown): ReasonError {
    const { store } = this.migration;
    const seconds = this.around.settings.migrationLockTimeoutSeconds;
    return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
      detail: `${store} ${idOf(this.migration)} could not lock its tables for ${seconds} s: ${this.#blockers ?? 'others kept using them'}`,
      cause,
    });
  }
}
