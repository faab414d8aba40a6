import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { isRolledBack } from '@holdfast/postgres/faults/faults';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../reasons.js';
import type { Migration } from '../migration.js';
import type { Statement } from '../postgres/parser/statements.js';
import type { SchemaPair } from './drift.js';
import { type Extensions, readExtensions, tablesUsed } from './extensions.js';
import { notComparable } from './not-comparable.js';
import { readPostgresSchema } from './postgres-schema.js';
import { joinStatements, schemaStatements, SETS_PATH } from './postgres-statements.js';
import { withResource } from '@holdfast/core/with-resource';

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
  const named = { ...config, application_name: `${config.application_name} drift` };
  return withResource(connectClient(named), destroyClient, async (client) => {
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      return await compareInTransaction(client, migrations);
    } finally {
      // A connection that is gone cannot roll back, and need not: the server has done so.
      await client.query('ROLLBACK').catch(() => undefined);
    }
  });
}

async function compareInTransaction(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<SchemaPair> {
  const scratch = `holdfast_drift_${randomBytes(6).toString('hex')}`;
  const liveSchema = await homeOf(client);
  const extensions = await readExtensions(client);
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await createScratch(client, scratch);
  await buildExpected(client, scratch, extensions, migrations);
  const { schemas } = extensions;
  const expected = await readPostgresSchema(client, scratch, scratch, schemas);
  const live = await readPostgresSchema(client, liveSchema, scratch, schemas, [...expected.keys()]);
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

/** A migration sees the scratch schema, and of the live ones none but those of extensions. */
async function buildExpected(
  client: pg.Client,
  scratch: string,
  extensions: Extensions,
  migrations: readonly Migration[],
): Promise<void> {
  for (const migration of migrations) {
    const statements = await schemaStatements(migration, extensions.installed).catch(
      (error: unknown) => {
        throw notComparable(migration, error);
      },
    );
    try {
      const isLost = await buildOne(client, scratch, extensions.schemas, statements);
      if (isLost) throw notComparable(migration, new Error(SETS_PATH));
    } catch (error) {
      if (!isRolledBack(error)) throw error;
      throw notComparable(migration, error);
    }
  }
}

/** @returns whether a statement has left the schema, by a function or a block */
async function buildOne(
  client: pg.Client,
  scratch: string,
  extensions: readonly string[],
  statements: readonly Statement[],
): Promise<boolean> {
  if (extensions.length === 0) {
    const path = await setPath(client, scratch, [], null);
    await client.query(joinStatements(statements));
    return (await readPath(client)) !== path;
  }
  for (const statement of statements) {
    const path = await setPath(client, scratch, extensions, tablesUsed(statement));
    await client.query(statement.text);
    if ((await readPath(client)) !== path) return true;
  }
  return false;
}

/**
 * Sets the `search_path`, with the schemas of extensions in it when the scratch schema has all of these
 * tables, so that none of them can be a live one.
 * @param tables null when the extensions are not to be seen
 * @returns the path
 */
async function setPath(
  client: pg.Client,
  scratch: string,
  extensions: readonly string[],
  tables: readonly string[] | null,
): Promise<string> {
  const { rows } = await client.query<{ path: string }>(
    `SELECT set_config('search_path', concat_ws(', ', $1::text,
              (SELECT string_agg(quote_ident(name), ', ') FROM unnest($2::text[]) AS name
                WHERE NOT EXISTS (SELECT FROM unnest($3::text[]) AS used
                                   WHERE to_regclass($1 || '.' || quote_ident(used)) IS NULL))), true) AS path`,
    [scratch, tables === null ? [] : extensions, tables ?? []],
  );
  return rows[0]?.path ?? '';
}

async function readPath(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ path: string }>(
    `SELECT current_setting('search_path') AS path`,
  );
  return rows[0]?.path ?? '';
}
