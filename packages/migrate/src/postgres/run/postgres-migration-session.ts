import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import {
  unregisterConnection,
  registerConnection,
} from '@holdfast/postgres/connection/open-connections';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import type { Migration } from '../../migration.js';
import type {
  ApplyListener,
  MigrationReporter,
  MigrationSession,
  MigrationSettings,
  MigratorIdentity,
} from '../../migration-session.js';
import {
  type ConnectionFacts,
  sessionLimits,
  readConnectionFacts,
  withBoundedWaits,
} from './connection-facts.js';
import { CompatibilityProof } from '../compatible/compatibility-proof.js';
import { refuseUnprovable } from '../compatible/refuse-unprovable.js';
import { ledgerInsert, prepareLedger } from './ledger.js';
import { lockKey, pollLock } from './migration-lock.js';
import { MigrationRun } from './migration-run.js';
import { PreparedEntry } from './prepared-entry.js';
import { ProgressMonitor } from './progress-monitor.js';
import { refusePooled, refuseUnrunnable } from './refuse-unrunnable.js';
import { statementsOfEach } from '../parser/joined-statements.js';
import { loadParser } from '../parser/parser.js';
import type { Statement } from '../parser/statements.js';
import type { ParsedMigration } from './transaction-sql.js';
import { type Query, tableSizes } from '../locks/table-sizes.js';
import { isNoticeable, warnings } from '../locks/warnings.js';
import { BackendMonitor } from '@holdfast/postgres/sessions/backend-monitor';

/** Migrations in one text: what has been sent is held in memory. */
const MAX_TOGETHER = 100;

export class PostgresMigrationSession implements MigrationSession {
  readonly #statements = new WeakMap<Migration, readonly Statement[]>();
  readonly #warnings = new WeakMap<Migration, readonly string[]>();

  private constructor(
    private readonly client: pg.Client,
    private readonly facts: ConnectionFacts,
    private readonly watcher: BackendMonitor,
    private readonly settings: MigrationSettings,
    private readonly reporter: MigrationReporter,
  ) {}

  /**
   * Fails with `pg`'s own error, see `postgresFault`.
   * @throws MIGRATION_REQUIRES_SESSION through a pooler that allows no transactions
   */
  static async open(
    database: PostgresSettings,
    settings: MigrationSettings,
    reporter: MigrationReporter,
  ): Promise<PostgresMigrationSession> {
    // Statements have another time-out, and PgBouncer refuses these at the start of a connection.
    const { statement_timeout, lock_timeout, ...config } = clientConfig(database, settings.pool);
    const named = { ...config, application_name: `${database.applicationName} migrate` };
    // Pipelined: statements are sent without waiting for answers.
    const [client] = await Promise.all([connectClient({ ...named, pipeline: true }), loadParser()]);
    try {
      const facts = await readConnectionFacts(client, settings.pool.lockTimeoutMs);
      // Through a pooler they would stay with a connection that others use next.
      if (!facts.pooled) await client.query(sessionLimits('SESSION', facts));
      return new PostgresMigrationSession(
        client,
        facts,
        new BackendMonitor(named),
        settings,
        reporter,
      );
    } catch (error) {
      destroyClient(client);
      throw error;
    }
  }

  prepareLedger(): Promise<void> {
    return prepareLedger(this.client, this.settings.migrationLockTimeoutSeconds);
  }

  /**
   * The lock belongs to the session and dies with it. Through a pooler there is no session: there,
   * each migration takes the same lock for its transaction, and this only waits until it is free.
   */
  async lock(store: string): Promise<() => Promise<void>> {
    const { client, facts } = this;
    const attempt = facts.pooled ? 'pg_try_advisory_xact_lock' : 'pg_try_advisory_lock';
    await pollLock(
      client,
      store,
      this.settings.migrationLockTimeoutSeconds,
      async () => {
        const { rows } = await client.query<{ locked: boolean }>(
          `SELECT ${attempt}(${lockKey('$1')}) AS locked`,
          [store],
        );
        return rows[0]?.locked === true ? true : undefined;
      },
      this.reporter.waiting,
    );
    if (facts.pooled) return () => Promise.resolve();
    return async () => {
      await client.query(`SELECT pg_advisory_unlock(${lockKey('$1')})`, [store]);
    };
  }

  async check(migrations: readonly Migration[]): Promise<void> {
    const unknown = migrations.filter((each) => !this.#warnings.has(each));
    if (this.facts.pooled) refusePooled(unknown);
    const parsed = await this.#parsed(unknown);
    for (const { migration, statements } of parsed)
      await refuseUnprovable(this.#ask, migration, statements);
    await this.#prepareWarnings(parsed);
  }

  async apply(
    migrations: readonly Migration[],
    identity: MigratorIdentity,
    applied: ApplyListener,
  ): Promise<void> {
    const { client, facts, settings, reporter } = this;
    const last = migrations.at(-1);
    if (!last) return;
    const { waiting } = reporter;
    const proof = await this.#proofFor(migrations);
    // From here on to the end it keeps the process alive.
    const monitor = new ProgressMonitor(facts.pid, this.watcher, reporter);
    const entry = new PreparedEntry(client, last.store, identity);
    const context = { client, facts, monitor, settings, identity, entry, applied, waiting, proof };
    // What it waits for is told with how far it is.
    const seen = unregisterConnection(client);
    try {
      for (const group of this.#groups(await this.#parsed(migrations), proof)) {
        for (const { migration } of group) this.#warn(migration);
        const durable = group.some(({ migration }) => migration === last);
        await new MigrationRun(group, durable, context).run();
      }
    } finally {
      monitor.end();
      if (seen) registerConnection(client, seen);
    }
  }

  /** Those that can be sent together; what is to be warned of begins a group, and is told in time. */
  #groups(
    parsed: readonly ParsedMigration[],
    proof: CompatibilityProof | undefined,
  ): readonly (readonly ParsedMigration[])[] {
    const isProved = ({ migration }: ParsedMigration) =>
      proof !== undefined && migration.backwardCompatible;
    const groups: ParsedMigration[][] = [];
    for (const each of parsed) {
      const group = groups.at(-1);
      const before = group?.at(-1);
      const follows =
        !this.facts.pooled &&
        // A server that does not see that its migrator was killed would carry out all it was sent.
        this.facts.checksConnection &&
        before?.migration.transactional === true &&
        each.migration.transactional &&
        !isProved(before) &&
        !isProved(each) &&
        // Of a text of several it is not known before its end how far the server has come.
        before.statements.length === 1 &&
        each.statements.length === 1 &&
        this.#warningsOf(each.migration).length === 0 &&
        (group?.length ?? 0) < MAX_TOGETHER;
      if (group && follows) group.push(each);
      else groups.push([each]);
    }
    return groups;
  }

  /** Nothing is asked for the sake of migrations that are not marked. */
  async #proofFor(migrations: readonly Migration[]): Promise<CompatibilityProof | undefined> {
    const marked = migrations.filter(({ backwardCompatible }) => backwardCompatible);
    if (marked.length === 0) return undefined;
    const proof = await CompatibilityProof.of(this.client);
    for (const migration of marked)
      for (const build of proof.unknown)
        this.reporter.warning(
          migration,
          `is not proved for ${build}, which has recorded no statements`,
        );
    return proof.isEmpty ? undefined : proof;
  }

  #warn(migration: Migration): void {
    for (const text of this.#warningsOf(migration)) this.reporter.warning(migration, text);
  }

  #warningsOf(migration: Migration): readonly string[] {
    return this.#warnings.get(migration) ?? [];
  }

  async #parsed(migrations: readonly Migration[]): Promise<readonly ParsedMigration[]> {
    const unknown = migrations.filter((each) => !this.#statements.has(each));
    for (const [index, statements] of (await statementsOfEach(unknown)).entries()) {
      const migration = unknown[index];
      if (!migration) continue;
      refuseUnrunnable(migration, statements);
      this.#statements.set(migration, statements);
    }
    return migrations.map((migration) => ({
      migration,
      statements: this.#statements.get(migration) ?? [],
    }));
  }

  /**
   * Sizes are asked for once, and only where a statement may be felt at all. What an earlier one of
   * the migrations makes is not warned of.
   */
  async #prepareWarnings(parsed: readonly ParsedMigration[]): Promise<void> {
    const all = parsed.flatMap(({ statements }) => statements);
    const given = isNoticeable(all) ? warnings(all, await tableSizes(this.#ask, all)) : [];
    for (const { migration, statements } of parsed) {
      const own = given.filter(({ statement }) => statements.includes(statement));
      this.#warnings.set(
        migration,
        own.map(({ statement, text }) => `statement ${statement.number} ${text}`),
      );
    }
  }

  readonly #ask: Query = (sql, values) =>
    withBoundedWaits(this.client, this.facts, () => this.client.query(sql, values));

  async adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<boolean> {
    const { client } = this;
    const { rowCount } = await withBoundedWaits(client, this.facts, () =>
      client.query('SELECT 1 FROM holdfast_migrations WHERE store = $1 LIMIT 1', [
        migrations[0]?.store,
      ]),
    );
    if (rowCount !== 0) return false;
    // One text is one transaction.
    const quote = (text: string) => client.escapeLiteral(text);
    await client.query(
      [
        `SET LOCAL lock_timeout = ${this.facts.lockTimeoutMs}`,
        ...migrations.map((migration) => ledgerInsert(migration, identity, '0', quote)),
      ].join(';\n'),
    );
    return true;
  }

  destroy(): void {
    this.watcher.close();
    destroyClient(this.client);
  }
}
