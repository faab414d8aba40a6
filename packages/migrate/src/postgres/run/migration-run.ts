import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from '../../reasons.js';
import { migrationFailure } from '../../migration-failure.js';
import { idOf, type Migration } from '../../migration.js';
import type {
  ApplyListener,
  MigrationSettings,
  MigratorIdentity,
} from '../../migration-session.js';
import { concurrentIndexOf, dropIfInvalid } from './concurrent-index.js';
import { type ConnectionFacts, sessionLimits, withBoundedWaits } from './connection-facts.js';
import { joinStatements, ledgerInsert } from './ledger.js';
import type { PreparedEntry } from './prepared-entry.js';
import { sendTogether } from './transactions-text.js';
import { sessionResetStatements } from './session-reset.js';
import { lockKey, pollLock } from './migration-lock.js';
import type { ProgressMonitor } from './progress-monitor.js';
import type { CompatibilityProof } from '../compatible/compatibility-proof.js';
import {
  beginSql,
  commitSql,
  migrationSql,
  type ParsedMigration,
  statementsSql,
  TABLE_LOCK_MS,
  type TransactionOptions,
  uncommittedSql,
} from './transaction-sql.js';
import { jittered } from '@holdfast/core/jitter';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 2000;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';
/** No statement of that name is prepared. */
const INVALID_STATEMENT_NAME = '26000';

interface RunContext {
  readonly client: pg.Client;
  readonly facts: ConnectionFacts;
  readonly monitor: ProgressMonitor;
  readonly settings: MigrationSettings;
  readonly identity: MigratorIdentity;
  readonly entry: PreparedEntry;
  readonly applied: ApplyListener;
  readonly waiting: (text: string) => void;
  /** What migrations that are marked have to pass; undefined where nobody runs. */
  readonly proof: CompatibilityProof | undefined;
}

/** Migrations on their way into a database, in their order. */
export class MigrationRun {
  #done = 0;
  #deadline = 0;
  #pause = 0;

  /**
   * @param group one migration, or several that can be sent together: transactional ones of a statement each, and
   * not through a pooler
   * @param durable whether the commit of the last one waits until it is on disk
   */
  constructor(
    private readonly group: readonly ParsedMigration[],
    private readonly durable: boolean,
    private readonly context: RunContext,
  ) {
    this.#advanceTo(0);
  }

  /** @throws as `MigrationSession.apply` */
  async run(): Promise<void> {
    for (let current = this.#current(); current; current = this.#current()) {
      try {
        await this.#attempt(current);
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  #current(): ParsedMigration | undefined {
    return this.group[this.#done];
  }

  /** Those before are in the ledger. */
  #advanceTo(done: number): void {
    this.#done = done;
    this.#deadline = Date.now() + this.context.settings.migrationLockTimeoutSeconds * 1000;
    this.#pause = FIRST_PAUSE_MS;
  }

  /** After a failed attempt: waits when a table is in use, until the time is up. */
  async #backOff(error: unknown): Promise<void> {
    const { client, monitor } = this.context;
    const migration = this.#current()?.migration;
    if (!migration) throw error;
    monitor.pause();
    // On a connection that is gone they fail too, and the first error tells why.
    await client.query('ROLLBACK').catch(() => undefined);
    const { facts } = this.context;
    const isThere = withBoundedWaits(client, facts, () => this.#isApplied(migration));
    if (await isThere.catch(() => false)) {
      this.#advanceTo(this.#done + 1);
      return;
    }
    const { code } = error as { code?: string };
    if (code === INVALID_STATEMENT_NAME && this.context.entry.giveUp()) return;
    if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw migrationFailure(migration, error);
    if (Date.now() >= this.#deadline) throw this.#lockTimeout(migration, error);
    await wait(jittered(this.#pause));
    this.#pause = Math.min(2 * this.#pause, MAX_PAUSE_MS);
  }

  #attempt(current: ParsedMigration): Promise<void> {
    if (!current.migration.transactional) return this.#runWithoutTransaction(current);
    const { proof } = this.context;
    if (current.migration.backwardCompatible && proof) return this.#runProved(current, proof);
    if (this.context.facts.pooled) return this.#runLocked(current);
    return this.group.length > 1 ? this.#runTogether() : this.#runAlone(current);
  }

  /**
   * One text, which costs the server a third less than a text for each. It ends at the first that fails, and what
   * was committed before stays.
   */
  async #runTogether(): Promise<void> {
    const { client, monitor, entry } = this.context;
    await entry.prepare();
    const rest = this.group.slice(this.#done);
    const texts = rest.map((parsed, index) =>
      migrationSql(parsed, this.#transactionOptions(parsed, rest[index - 1]?.migration), client),
    );
    const left = [...rest];
    monitor.groupStarted(rest, this.#pause > FIRST_PAUSE_MS);
    await sendTogether(client, joinStatements(texts), (durationMs) => {
      const parsed = left.shift();
      if (parsed) this.#finish(parsed, durationMs);
    });
    monitor.pause();
  }

  /** Its statements are sent without waiting for answers: once one has failed, those behind it do, too. */
  async #runAlone(parsed: ParsedMigration): Promise<void> {
    const style = this.#transactionOptions(parsed);
    const begun = this.context.client.query(beginSql(parsed, style));
    await this.#awaitAnswers(parsed, [begun, ...this.#send(parsed, style)]);
  }

  /** Alone, and committed once the builds that run are known to go on with it. */
  async #runProved(parsed: ParsedMigration, proof: CompatibilityProof): Promise<void> {
    const { client, facts } = this.context;
    const style = this.#transactionOptions(parsed);
    if (!facts.pooled) await client.query(beginSql(parsed, style));
    else if (!(await this.#beginLocked(parsed, style))) {
      this.#advanceTo(this.#done + 1);
      return;
    }
    const started = performance.now();
    try {
      await proof.begin();
      const texts = uncommittedSql(parsed, style, client);
      await this.#awaitAll(
        parsed,
        texts.map((text) => client.query(text)),
      );
      await proof.assertHolds(parsed.migration);
      await client.query(commitSql(parsed, style, client));
    } catch (error) {
      if (!(error instanceof ReasonError)) throw error;
      await client.query('ROLLBACK');
      if (await proof.wasBrokenBefore()) return;
      throw error;
    }
    this.#finish(parsed, performance.now() - started);
  }

  /** Through a pooler the lock is the transaction's, and is to be had before anything is sent. */
  async #runLocked(parsed: ParsedMigration): Promise<void> {
    const style = this.#transactionOptions(parsed);
    if (await this.#beginLocked(parsed, style))
      await this.#awaitAnswers(parsed, this.#send(parsed, style));
    else this.#advanceTo(this.#done + 1);
  }

  #transactionOptions(parsed: ParsedMigration, after?: Migration): TransactionOptions {
    const { identity, settings, facts, entry } = this.context;
    const durable = this.durable && parsed === this.group.at(-1);
    return { identity, facts, durable, lockTimeoutMs: settings.pool.lockTimeoutMs, after, entry };
  }

  #send(parsed: ParsedMigration, style: TransactionOptions): Promise<unknown>[] {
    const { client } = this.context;
    return statementsSql(parsed, style, client).map((text) => client.query(text));
  }

  async #awaitAnswers(
    parsed: ParsedMigration,
    answers: readonly Promise<unknown>[],
  ): Promise<void> {
    const started = performance.now();
    await this.#awaitAll(parsed, answers);
    this.#finish(parsed, performance.now() - started);
  }

  /** The first that has failed is why the others have. */
  async #awaitAll(parsed: ParsedMigration, answers: readonly Promise<unknown>[]): Promise<void> {
    for (const answer of answers) answer.catch(() => undefined);
    const before = answers.length - parsed.statements.length;
    for (const [index, answer] of answers.entries()) {
      this.context.monitor.statementStarted(parsed, Math.max(1, index + 1 - before));
      await answer;
    }
    this.context.monitor.pause();
  }

  /** @returns whether the migration is still to be applied; the transaction is open only then */
  async #beginLocked(parsed: ParsedMigration, style: TransactionOptions): Promise<boolean> {
    const { client, facts, monitor } = this.context;
    const { store } = parsed.migration;
    const secondsLeft = Math.max(0, (this.#deadline - Date.now()) / 1000);
    return pollLock(
      client,
      store,
      secondsLeft,
      async () => {
        const results = (await client.query<{ pid: number; locked: boolean }>(
          `${beginSql(parsed, style)}; ${sessionLimits('LOCAL', facts)};
         SELECT pg_backend_pid() AS pid,
                pg_try_advisory_xact_lock(${lockKey(client.escapeLiteral(store))}) AS locked`,
        )) as unknown as readonly pg.QueryResult<{ pid: number; locked: boolean }>[];
        const begun = results.at(-1)?.rows[0];
        monitor.pid = begun?.pid ?? 0;
        // Only a statement that begins under the lock sees what has been applied before.
        const isPending = begun?.locked === true && !(await this.#isApplied(parsed.migration));
        if (!isPending) await client.query('ROLLBACK');
        return begun?.locked === true ? isPending : undefined;
      },
      this.context.waiting,
    );
  }

  /** One statement outside a transaction, so that it may be done without having been entered. */
  async #runWithoutTransaction(parsed: ParsedMigration): Promise<void> {
    const { client, facts, monitor, identity, settings } = this.context;
    const { migration, statements } = parsed;
    const [statement] = statements;
    const started = performance.now();
    if (await this.#isApplied(migration)) {
      this.#advanceTo(this.#done + 1);
      return;
    }
    if (statement) {
      const index = concurrentIndexOf(statement);
      // Waiting for others is what CONCURRENTLY does, and it holds nothing up.
      const isPatient = /\bCONCURRENTLY\b/i.test(statement.text);
      const limit = isPatient ? settings.migrationLockTimeoutSeconds * 1000 : TABLE_LOCK_MS;
      await client.query(`SET SESSION lock_timeout = ${limit}`);
      const isThere = index !== undefined && (await dropIfInvalid(client, index));
      monitor.statementStarted(parsed, 1);
      if (!isThere) await client.query(statement.text);
      monitor.pause();
    }
    const duration = performance.now() - started;
    const quote = (text: string) => client.escapeLiteral(text);
    const entry = ledgerInsert(migration, identity, String(duration), quote);
    await client.query(
      joinStatements([
        ...sessionResetStatements(statements, facts, quote(migration.store)),
        `SET SESSION lock_timeout = ${facts.lockTimeoutMs}`,
        entry,
      ]),
    );
    this.#finish(parsed, duration);
  }

  #finish({ migration }: ParsedMigration, durationMs: number): void {
    this.#advanceTo(this.#done + 1);
    this.context.applied(migration, durationMs);
  }

  async #isApplied({ store, version }: Migration): Promise<boolean> {
    const { rowCount } = await this.context.client.query(
      'SELECT 1 FROM holdfast_migrations WHERE store = $1 AND version = $2',
      [store, version],
    );
    return rowCount !== 0;
  }

  #lockTimeout(migration: Migration, cause: unknown): ReasonError {
    const { settings, monitor } = this.context;
    const seconds = settings.migrationLockTimeoutSeconds;
    return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
      detail: `${migration.store} ${idOf(migration)} could not lock its tables for ${seconds} s: ${monitor.blockers ?? 'others kept using them'}`,
      cause,
    });
  }
}
