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
import { asText, entryOf, TOOK } from './ledger.js';
import { lockKey, pollLock } from './migration-lock.js';
import { type Facts, limits } from './facts.js';
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
  #pid: number;
  #statement = 1;
  #watching: NodeJS.Timeout | undefined;
  #blockers: string | undefined;

  constructor(
    private readonly migration: Migration,
    private readonly statements: readonly Statement[],
    private readonly around: Surroundings,
  ) {
    this.#pid = around.facts.pid;
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

  /** Tries again while a table is in use, until the time is up. @returns null when applied already */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T | null> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        clearTimeout(this.#watching);
        // On a connection that is gone they fail too, and the first error tells why.
        await this.around.client.query('ROLLBACK').catch(() => undefined);
        if (await this.#isApplied().catch(() => false)) return null;
        const { code } = error as { code?: string };
        if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw error;
        if (Date.now() >= this.#deadline) throw this.#lockTimeout(error);
      }
      await wait(pause * (0.5 + Math.random() / 2));
    }
  }

  /**
   * All is sent at once, without waiting for answers: a migration costs one round trip. Once a
   * statement has failed, those behind it do too, and the entry that comes before the COMMIT. BEGIN
   * goes alone: in one text with a statement that the server cannot parse it would not be run.
   */
  async #inTransaction(identity: MigratorIdentity, durable: boolean): Promise<number | null> {
    const { client, facts } = this.around;
    if (facts.pooled && !(await this.#beginLocked(durable))) return null;
    const started = performance.now();
    const entry = entryOf(this.migration, identity, TOOK, (text) => client.escapeLiteral(text));
    const sent: Promise<unknown>[] = facts.pooled ? [] : [client.query(this.#beginning(durable))];
    for (const { number, text, type } of this.statements) {
      const isLast = number === this.statements.length;
      const texts = [...this.#changedLimit(number - 1), text, ...(isLast ? [entry, 'COMMIT'] : [])];
      const done = this.#watched(number, asText(texts));
      sent.push(done);
      // It reads what is sent behind it, until it is told that there is nothing.
      if (type === 'CopyStmt') await done.catch(() => undefined);
    }
    if (this.statements.length === 0) sent.push(client.query(`${entry}; COMMIT`));
    await allOf(sent);
    return performance.now() - started;
  }

  #beginning(durable: boolean): string {
    const asynchronously = durable ? '' : '; SET LOCAL synchronous_commit = off';
    return `BEGIN; SET LOCAL lock_timeout = ${this.#lockLimit(0)}${asynchronously}`;
  }

  #changedLimit(index: number): readonly string[] {
    const limit = this.#lockLimit(index);
    return limit === this.#lockLimit(Math.max(0, index - 1))
      ? []
      : [`SET LOCAL lock_timeout = ${limit}`];
  }

  /** @returns whether the migration is still to be applied; the transaction is open only then */
  async #beginLocked(durable: boolean): Promise<boolean> {
    const { client } = this.around;
    const { store } = this.migration;
    return pollLock(client, store, this.#secondsLeft(), async () => {
      const results = (await client.query<{ pid: number; locked: boolean }>(
        `${this.#beginning(durable)}; ${limits('LOCAL', this.around.facts)};
         SELECT pg_backend_pid() AS pid,
                pg_try_advisory_xact_lock(${lockKey(client.escapeLiteral(store))}) AS locked`,
      )) as unknown as readonly pg.QueryResult<{ pid: number; locked: boolean }>[];
      const begun = results.at(-1)?.rows[0];
      this.#pid = begun?.pid ?? 0;
      // Only a statement that begins under the lock sees what has been applied before.
      const isPending = begun?.locked === true && !(await this.#isApplied());
      if (!isPending) await client.query('ROLLBACK');
      return begun?.locked === true ? isPending : undefined;
    });
  }

  async #isApplied(): Promise<boolean> {
    const { store, version } = this.migration;
    const { rowCount } = await this.around.client.query(
      'SELECT 1 FROM holdfast_migrations WHERE store = $1 AND version = $2',
      [store, version],
    );
    return rowCount !== 0;
  }

  /** One statement outside a transaction, so that it may be done without having been entered. */
  async #alone(identity: MigratorIdentity): Promise<number | null> {
    const { client } = this.around;
    const [statement] = this.statements;
    const started = performance.now();
    if (await this.#isApplied()) return null;
    if (statement) {
      const index = concurrentIndexOf(statement);
      // Waiting for others is what CONCURRENTLY does, and it holds nobody up.
      const limit = /\bCONCURRENTLY\b/i.test(statement.text) ? 0 : TABLE_LOCK_MS;
      await client.query(`SET SESSION lock_timeout = ${limit}`);
      const isThere = index !== undefined && (await dropIfInvalid(client, index));
      if (!isThere) await this.#watched(1, statement.text);
    }
    const duration = performance.now() - started;
    const quote = (text: string) => client.escapeLiteral(text);
    await client.query(entryOf(this.migration, identity, String(duration), quote));
    return duration;
  }

  /** Rows may be waited for as long as requests wait, unless tables are held meanwhile. */
  #lockLimit(index: number): number {
    const { lockTimeoutMs } = this.around.settings.pool;
    const holdsTables = this.statements
      .slice(0, index + 1)
      .some(({ type }) => !DATA_STATEMENTS.has(type));
    return holdsTables ? TABLE_LOCK_MS : lockTimeoutMs;
  }

  /** Runs a statement; it begins when the one before it has ended. */
  async #watched(number: number, text: string): Promise<void> {
    if (number === 1) this.#begins(1);
    await this.around.client.query(text);
    this.#begins(number + 1);
  }

  /** Finds out who is in the way before the server gives up. */
  #begins(statement: number): void {
    clearTimeout(this.#watching);
    if (statement > this.statements.length) return;
    this.#statement = statement;
    this.#watching = setTimeout(() => {
      this.around.watcher.blockers(this.#pid).then(
        (blockers) => (this.#blockers = blockers ?? this.#blockers),
        () => undefined,
      );
    }, TABLE_LOCK_MS / 2);
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

/** Waits for all; the first that has failed is why the others have. */
async function allOf(sent: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(sent);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason as Error;
}
