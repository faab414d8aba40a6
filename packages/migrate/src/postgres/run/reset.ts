import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../../reasons.js';
import { asMigrationTarget, type MigrationSettings } from '../../migration-session.js';
import type { MigratedStore } from '../../migrator.js';
import { appliedOf, type LedgerRow, type ResetMode, resetRefused } from '../../reset.js';
import { readConnectionFacts } from './connection-facts.js';
import { judgeAnew } from './judge-anew.js';
import { lockKey, pollLock } from './migration-lock.js';
import { refusePooled } from './refuse-unrunnable.js';
import { refuseDifferentDatabase } from './same-database.js';
import { loadParser } from '../parser/parser.js';
import { storeTables } from '../schema/store-schema.js';
import { withResource } from '@holdfast/core/with-resource';

const DEPENDENT_OBJECTS = '2BP01';
const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_NOT_AVAILABLE = '55P03';

/** `reset` of one PostgreSQL database, in one transaction; see `resetStores`. */
export async function resetPostgres(
  database: PostgresSettings,
  stores: readonly MigratedStore[],
  settings: MigrationSettings,
  mode: ResetMode,
  waiting: (text: string) => void,
): Promise<readonly string[]> {
  if (database.migrationDsn) await refuseDifferentDatabase(database, settings.pool);
  const config = clientConfig(asMigrationTarget(database), settings.pool);
  const named = { ...config, application_name: `${database.applicationName} migrate` };
  const loaded = loadParser();
  // What is not committed goes with the connection.
  return withResource(connectClient(named), destroyClient, (client) =>
    loaded
      .then(() => resetIn(client))
      .catch((error: unknown) => {
        throw resetFailure(error, database, settings);
      }),
  );

  async function resetIn(client: pg.Client): Promise<readonly string[]> {
    const migrations = stores.flatMap((store) => store.migrations);
    await judgeAnew(migrations);
    if (migrations.some(({ transactional }) => !transactional)) {
      const { pooled } = await readConnectionFacts(client, settings.pool.lockTimeoutMs);
      if (pooled) refusePooled(migrations);
    }
    await client.query('BEGIN');
    const seconds = settings.migrationLockTimeoutSeconds;
    if (mode === 'drop') {
      // What is migrated then waits for the disk, for this, too.
      await client.query(
        `SET LOCAL lock_timeout = '${seconds}s'; SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = off`,
      );
      for (const { store } of stores) await lockForTransaction(client, store, seconds, waiting);
    }
    const schema = await ledgerSchema(client);
    await refusePinned(client, database, schema, mode);
    if (schema === undefined) return [];
    const tables = await ownTables(client, schema, stores);
    if (mode === 'drop') {
      await drop(client, schema, tables, stores);
      await client.query('COMMIT');
    }
    return tables;
  }
}

/** The lock of `migrate up`, which holds through a pooler too. @throws MIGRATION_LOCK_TIMEOUT */
async function lockForTransaction(
  client: pg.Client,
  store: string,
  seconds: number,
  waiting: (text: string) => void,
) {
  await pollLock(
    client,
    store,
    seconds,
    async () => {
      const { rows } = await client.query<{ locked: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${lockKey('$1')}) AS locked`,
        [store],
      );
      return rows[0]?.locked === true ? true : undefined;
    },
    waiting,
  );
}

/** Quoted. Migrations make their tables where the ledger is. */
async function ledgerSchema(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT relnamespace::regnamespace::text AS schema
       FROM pg_class WHERE oid = to_regclass('holdfast_migrations')`,
  );
  return rows[0]?.schema;
}

/**
 * By the table alone: the environment of this process has no say. Under the lock of a `drop`, no session
 * pins meanwhile.
 * @throws DATABASE_IDENTITY_MISMATCH, and `pg`'s error where the table may not be read
 */
async function refusePinned(
  client: pg.Client,
  database: PostgresSettings,
  schema: string | undefined,
  mode: ResetMode,
): Promise<void> {
  const { rows } = await client.query<{ pins: string }>(
    `SELECT format('%s.%I', relnamespace::regnamespace, relname) AS pins FROM pg_class
      WHERE oid IN (to_regclass('holdfast_identity'), to_regclass($1))`,
    [`${schema ?? 'pg_catalog'}.holdfast_identity`],
  );
  for (const { pins } of rows) {
    if (mode === 'drop') await client.query(`LOCK TABLE ${pins} IN SHARE MODE`);
    const pinned = await client.query<{ environment: string | null }>(
      `SELECT environment FROM ${pins}`,
    );
    const [pin] = pinned.rows;
    if (!pin) continue;
    const name = pin.environment === null ? '' : `, environment ${pin.environment}`;
    throw new ReasonError('DATABASE_IDENTITY_MISMATCH', {
      detail: `the ${database.name} database (${database.stores.join(', ')}) is pinned to PRODUCTION${name}: no LOCAL command destroys what is in it`,
    });
  }
}

/** Those that are there, qualified and quoted. @throws SCHEMA_NEWER_THAN_BUILD */
async function ownTables(
  client: pg.Client,
  schema: string,
  stores: readonly MigratedStore[],
): Promise<readonly string[]> {
  const ledger = await client.query<LedgerRow>(
    `SELECT store, version FROM ${schema}.holdfast_migrations`,
  );
  const made = await Promise.all(stores.map((store) => storeTables(appliedOf(store, ledger.rows))));
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%s.%I', relnamespace::regnamespace, relname) AS name FROM pg_class
      WHERE relnamespace = $1::regnamespace AND relname = ANY ($2) AND relkind IN ('r', 'p')
      ORDER BY array_position($2, relname::text)`,
    [schema, made.flat()],
  );
  return rows.map(({ name }) => name);
}

async function drop(
  client: pg.Client,
  schema: string,
  tables: readonly string[],
  stores: readonly MigratedStore[],
): Promise<void> {
  // Together, so that their references to each other do not matter; those of others do.
  if (tables.length > 0) await client.query(`DROP TABLE ${tables.join(', ')}`);
  const ledger = `${schema}.holdfast_migrations`;
  await client.query(`DELETE FROM ${ledger} WHERE store = ANY ($1)`, [
    stores.map(({ store }) => store),
  ]);
  const { rows } = await client.query(`SELECT 1 FROM ${ledger} LIMIT 1`);
  if (rows.length > 0) return;
  const rest = ['write_probe', 'builds', 'running'].map((name) => `${schema}.holdfast_${name}`);
  await client.query(`DROP TABLE ${ledger}; DROP TABLE IF EXISTS ${rest.join(', ')}`);
}

function resetFailure(
  error: unknown,
  { name }: PostgresSettings,
  { migrationLockTimeoutSeconds }: MigrationSettings,
): unknown {
  const { code, detail } = error as { code?: string; detail?: string };
  if (code === DEPENDENT_OBJECTS) {
    const why = detail === undefined ? '' : `: ${detail.split('\n').join('; ')}`;
    return resetRefused(
      `in the ${name} database something else depends on the tables${why}`,
      error,
    );
  }
  if (code === INSUFFICIENT_PRIVILEGE) {
    return new ReasonError('POSTGRES_RIGHTS_MISSING', {
      detail: `the role does not own the tables of the ${name} database; nothing has been dropped`,
      cause: error,
    });
  }
  if (code === LOCK_NOT_AVAILABLE) {
    return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
      detail: `a table of the ${name} database has been in use for ${migrationLockTimeoutSeconds} s; nothing has been dropped`,
      cause: error,
    });
  }
  return error;
}
