import type pg from 'pg';
import type { PostgresSettings } from '../../config/databases.js';
import { isDisconnected } from '../../database/faults.js';
import { clientConfig, connectClient, destroyClient } from '../../database/postgres-client.js';
import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../migration.js';
import type {
  MigrationReporter,
  MigrationSession,
  MigrationSettings,
  MigratorIdentity,
} from '../migration-session.js';
import { entryOf, prepareLedger } from './ledger.js';
import { lockKey, pollLock } from './migration-lock.js';
import { MigrationRun } from './migration-run.js';
import { refuseUnrunnable } from './runnable.js';
import { type Statement, statementsOf } from './statements.js';
import { tableSizes } from './table-sizes.js';
import { mayBeFelt, warnings } from './warnings.js';
import { Watcher } from './watcher.js';

/** What the server says about a connection. */
export interface Facts {
  /** Statements outside a transaction may each go to another server process. */
  readonly pooled: boolean;
  /** The server can find out that the client is gone while a statement runs: PostgreSQL 14. */
  readonly checksConnection: boolean;
}

export class PostgresMigrationSession implements MigrationSession {
  readonly #statements = new WeakMap<Migration, readonly Statement[]>();

  private constructor(
    private readonly client: pg.Client,
    private readonly facts: Facts,
    private readonly watcher: Watcher,
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
    // Time-outs are set per transaction: PgBouncer refuses them at the start of a connection.
    const { statement_timeout, lock_timeout, ...config } = clientConfig(database, settings.pool);
    const named = { ...config, application_name: `${database.applicationName} migrate` };
    const client = await connectClient(named);
    try {
      const facts = await readFacts(client);
      return new PostgresMigrationSession(client, facts, new Watcher(named), settings, reporter);
    } catch (error) {
      destroyClient(client);
      throw error;
    }
  }

  prepareLedger(): Promise<void> {
    return prepareLedger(this.client);
  }

  /**
   * The lock belongs to the session and dies with it. Through a pooler there is no session: there,
   * each migration takes the same lock for its transaction, and this only waits until it is free.
   */
  async lock(store: string): Promise<() => Promise<void>> {
    const { client, facts } = this;
    const attempt = facts.pooled ? 'pg_try_advisory_xact_lock' : 'pg_try_advisory_lock';
    await pollLock(client, store, this.settings.migrationLockTimeoutSeconds, async () => {
      const { rows } = await client.query<{ locked: boolean }>(
        `SELECT ${attempt}(${lockKey('$1')}) AS locked`,
        [store],
      );
      return rows[0]?.locked === true ? true : undefined;
    });
    if (facts.pooled) return () => Promise.resolve();
    return async () => {
      await client.query(`SELECT pg_advisory_unlock(${lockKey('$1')})`, [store]);
    };
  }

  async check(migrations: readonly Migration[]): Promise<void> {
    for (const migration of migrations) {
      if (!migration.transactional && this.facts.pooled) {
        throw new ReasonError('MIGRATION_REQUIRES_SESSION', {
          detail: `${migration.store} ${idOf(migration)} cannot run in a transaction, and the connection goes through a pooler`,
        });
      }
      await this.#statementsOf(migration);
    }
  }

  async apply(
    migration: Migration,
    identity: MigratorIdentity,
    durable: boolean,
  ): Promise<number | null> {
    const { client, facts, watcher, settings, reporter } = this;
    const statements = await this.#statementsOf(migration);
    await this.#warn(migration, statements);
    const run = new MigrationRun(migration, statements, {
      client,
      facts,
      watcher,
      settings,
      reporter,
    });
    return run.carryOut(identity, durable);
  }

  /** Sizes are asked for only where a statement may be felt at all. */
  async #warn(migration: Migration, statements: readonly Statement[]): Promise<void> {
    if (!mayBeFelt(statements)) return;
    const sizes = await tableSizes((sql, values) => this.client.query(sql, values), statements);
    for (const { statement, text } of warnings(statements, sizes)) {
      this.reporter.warning(migration, `statement ${statement.number} ${text}`);
    }
  }

  async #statementsOf(migration: Migration): Promise<readonly Statement[]> {
    const known = this.#statements.get(migration);
    if (known) return known;
    const statements = await statementsOf(migration);
    refuseUnrunnable(migration, statements);
    this.#statements.set(migration, statements);
    return statements;
  }

  async adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<boolean> {
    const { client } = this;
    const { rowCount } = await client.query(
      'SELECT 1 FROM holdfast_migrations WHERE store = $1 LIMIT 1',
      [migrations[0]?.store],
    );
    if (rowCount !== 0) return false;
    // One text is one transaction.
    const quote = (text: string) => client.escapeLiteral(text);
    await client.query(
      migrations.map((migration) => entryOf(migration, identity, 0, quote)).join(';\n'),
    );
    return true;
  }

  destroy(): void {
    this.watcher.close();
    destroyClient(this.client);
  }
}

/** A pooler makes up the process id that it tells its clients at the start. */
async function readFacts(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<{ pid: number; version: number }>(
    `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version`,
  );
  const [row] = rows;
  if (!row) throw new TypeError('the server tells nothing');
  const told = (client as unknown as { readonly processID: number | null }).processID;
  const pooled = told !== row.pid;
  if (pooled) await refuseStatementPooling(client);
  return { pooled, checksConnection: row.version >= 140_000 };
}

/** A pooler that gives each statement another server process ends a connection that begins one. */
async function refuseStatementPooling(client: pg.Client): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query('ROLLBACK');
  } catch (error) {
    if (!isDisconnected(error)) throw error;
    throw new ReasonError('MIGRATION_REQUIRES_SESSION', {
      detail: 'the connection goes through a pooler that allows no transactions',
      cause: error,
    });
  }
}
