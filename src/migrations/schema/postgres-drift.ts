import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { PostgresSettings } from '../../config/databases.js';
import type { Settings } from '../../config/settings.js';
import { isRolledBack } from '../../database/faults.js';
import { clientConfig, connectClient, destroyClient } from '../../database/postgres-client.js';
import { ReasonError } from '../../reasons.js';
import type { Migration } from '../migration.js';
import type { SchemaPair } from './drift.js';
import { notComparable } from './not-comparable.js';
import { readPostgresSchema } from './postgres-schema.js';
import { schemaStatements } from './postgres-statements.js';
import type { Schema } from './schema.js';

/** For a migration that would wait for something live. */
const LOCK_TIMEOUT_MS = 2000;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Builds the expected tables in a schema of a random name, in one transaction that is never
 * committed: whatever ends it, the server takes everything back.
 */
export async function readPostgresPair(
  database: PostgresSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<SchemaPair> {
  const config = clientConfig(database, pool);
  const client = await connectClient({
    ...config,
    application_name: `${config.application_name} drift`,
  });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    return await compareInTransaction(client, migrations);
  } finally {
    // A connection that is gone cannot roll back, and need not: the server has done so.
    await client.query('ROLLBACK').catch(() => undefined);
    destroyClient(client);
  }
}

async function compareInTransaction(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<SchemaPair> {
  const scratch = `holdfast_drift_${randomBytes(6).toString('hex')}`;
  const liveSchema = await homeOf(client);
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await createScratch(client, scratch);
  const expected = await buildExpected(client, scratch, migrations);
  const live = await readPostgresSchema(client, liveSchema, scratch, [...expected.keys()]);
  return { expected, live };
}

/** The schema of the ledger; before there is one, the schema that it would be made in. */
async function homeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ schema: string | null }>(
    `SELECT coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                       WHERE c.oid = to_regclass('holdfast_migrations')), current_schema()) AS schema`,
  );
  const schema = rows[0]?.schema ?? null;
  if (schema !== null) return schema;
  throw new ReasonError('MIGRATION_DRIFT_NOT_COMPARABLE', {
    detail: 'the search_path of the role names no schema that exists',
  });
}

async function createScratch(client: pg.Client, scratch: string): Promise<void> {
  try {
    await client.query(`CREATE SCHEMA ${scratch}`);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new ReasonError('MIGRATION_DRIFT_NOT_COMPARABLE', {
      detail: 'the role may not create a schema in this database',
      cause: error,
    });
  }
}

async function buildExpected(
  client: pg.Client,
  scratch: string,
  migrations: readonly Migration[],
): Promise<Schema> {
  await client.query(`SET LOCAL search_path TO ${scratch}`);
  for (const migration of migrations) {
    const statements = await schemaStatements(migration).catch((error: unknown) => {
      throw notComparable(migration, error);
    });
    try {
      await client.query(statements);
    } catch (error) {
      if (!isRolledBack(error)) throw error;
      throw notComparable(migration, error);
    }
  }
  return readPostgresSchema(client, scratch, scratch);
}
