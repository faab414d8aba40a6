import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { ReasonError } from '../reasons.js';
import type { Migration } from '../migrations/migration.js';
import { clientConfig, destroyClient } from './postgres-client.js';
import type { DatabaseSession, Inspection, LedgerEntry, MigratorIdentity } from './session.js';

const LEDGER = `
CREATE TABLE IF NOT EXISTS holdfast_migrations (
  store text NOT NULL,
  version text NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  duration_ms double precision NOT NULL,
  applied_by text NOT NULL,
  build text NOT NULL,
  PRIMARY KEY (store, version)
);
CREATE TABLE IF NOT EXISTS holdfast_write_probe (
  written_at timestamptz NOT NULL
);`;

/** Two stores may be migrated at once; CREATE TABLE IF NOT EXISTS alone is not safe against that. */
const MAKE_LEDGER = `SELECT pg_advisory_xact_lock(hashtextextended('holdfast_ledger', 0)); ${LEDGER}`;

const FACTS = `pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only`;
const UNDEFINED_TABLE = '42P01';
const POLL_MS = 100;

interface LockHolder {
  readonly pid: number;
  readonly application_name: string;
  readonly state: string;
  readonly age_seconds: number;
}

export class PostgresSession implements DatabaseSession {
  private constructor(private readonly client: pg.Client) {}

  /** Fails with `pg`'s own error, see `postgresFault`. */
  static async open(
    database: PostgresSettings,
    pool: Settings['pool'],
    role: string,
  ): Promise<PostgresSession> {
    const config = clientConfig(database, pool);
    const client = new pg.Client({
      ...config,
      application_name: `${config.application_name} ${role}`,
    });
    // A connection that breaks while idle says so here; the next query on it fails and tells why.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      destroyClient(client);
      throw error;
    }
    return new PostgresSession(client);
  }

  async inspect(): Promise<Inspection> {
    try {
      const { rows } = await this.client.query<{
        read_only: boolean;
        ledger: LedgerEntry[] | null;
      }>(
        `SELECT ${FACTS}, (SELECT json_agg(json_build_object('store', store, 'version', version,
           'name', name, 'checksum', checksum)) FROM holdfast_migrations) AS ledger`,
      );
      return {
        readOnly: rows[0]?.read_only ?? true,
        prepared: true,
        ledger: rows[0]?.ledger ?? [],
      };
    } catch (error) {
      if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
      const { rows } = await this.client.query<{ read_only: boolean }>(`SELECT ${FACTS}`);
      return { readOnly: rows[0]?.read_only ?? true, prepared: false, ledger: [] };
    }
  }

  async probeWrite(): Promise<void> {
    try {
      await this.client.query(
        'BEGIN; INSERT INTO holdfast_write_probe (written_at) VALUES (now()); ROLLBACK',
      );
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  async prepareLedger(): Promise<void> {
    const { rows } = await this.client.query<{ missing: boolean }>(
      `SELECT to_regclass('holdfast_migrations') IS NULL AS missing`,
    );
    if (!rows[0]?.missing) return;
    await this.client.query(`BEGIN; ${MAKE_LEDGER} COMMIT`);
  }

  async lock(store: string, timeoutSeconds: number): Promise<() => Promise<void>> {
    const key = `holdfast_migrations:${store}`;
    const deadline = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const { rows } = await this.client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
        [key],
      );
      if (rows[0]?.locked) break;
      if (Date.now() >= deadline) throw await this.lockTimeout(key);
      await wait(POLL_MS * (0.5 + Math.random()));
    }
    return async () => {
      await this.client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key]);
    };
  }

  async apply(migration: Migration, identity: MigratorIdentity): Promise<number | null> {
    const started = performance.now();
    await this.client.query('SET statement_timeout = 0');
    if (migration.transactional) await this.client.query('BEGIN');
    try {
      if (await this.isApplied(migration)) {
        if (migration.transactional) await this.client.query('ROLLBACK');
        return null;
      }
      await this.client.query(migration.sql);
      const duration = performance.now() - started;
      await this.client.query(
        `INSERT INTO holdfast_migrations
           (store, version, name, checksum, duration_ms, applied_by, build)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          migration.store,
          migration.version,
          migration.name,
          migration.checksum,
          duration,
          identity.appliedBy,
          identity.build,
        ],
      );
      if (migration.transactional) await this.client.query('COMMIT');
      return duration;
    } catch (error) {
      if (migration.transactional) await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async adopt(migrations: readonly Migration[], identity: MigratorIdentity): Promise<void> {
    const rows = migrations.map(({ store, version, name, checksum }) => ({
      store,
      version,
      name,
      checksum,
    }));
    await this.client.query('BEGIN');
    try {
      await this.client.query(MAKE_LEDGER);
      await this.client.query(
        `INSERT INTO holdfast_migrations
           (store, version, name, checksum, duration_ms, applied_by, build)
         SELECT store, version, name, checksum, 0, $2, $3
           FROM json_to_recordset($1) AS r (store text, version text, name text, checksum text)`,
        [JSON.stringify(rows), identity.appliedBy, identity.build],
      );
      await this.client.query('COMMIT');
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  destroy(): void {
    destroyClient(this.client);
  }

  private async isApplied({ store, version }: Migration): Promise<boolean> {
    const { rowCount } = await this.client.query(
      'SELECT 1 FROM holdfast_migrations WHERE store = $1 AND version = $2',
      [store, version],
    );
    return rowCount === 1;
  }

  private async lockTimeout(key: string): Promise<ReasonError> {
    const { rows } = await this.client.query<LockHolder>(
      `SELECT a.pid, a.application_name, coalesce(a.state, '') AS state,
              extract(epoch FROM now() - a.backend_start)::float8 AS age_seconds
         FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended($1, 0)`,
      [key],
    );
    const holder = rows[0];
    return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
      detail: holder
        ? `held by pid ${holder.pid} (${holder.application_name}, ${holder.state}), connected for ${holder.age_seconds.toFixed(0)} s`
        : 'the holder has just let go; try again',
    });
  }
}
