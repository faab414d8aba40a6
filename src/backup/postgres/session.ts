import type pg from 'pg';
import { refusePooler } from '@holdfast/copy/postgres/refuse-pooler';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { ReasonError } from '../backup.reasons.js';

/**
 * Values are written in one form, and names with their schemas; rows that a policy would hide are an error. Questions to
 * the catalogues are long, and compiling them takes ten times as long as asking. Not every version has all bounds of time.
 */
const SETTINGS = `
SET jit = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'transaction_timeout');
SET row_security = off; SET default_transaction_read_only = off; SET standard_conforming_strings = on;
SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmlbinary = 'base64'; SET xmloption = 'content';
SET quote_all_identifiers = off`;

/**
 * Opens a session of the backup's own.
 * @param role told to the server behind the application's name
 * @throws BACKUP_REQUIRES_SESSION behind a pooler, and the start-up codes
 */
export async function openSession(
  database: PostgresSettings,
  { pool, migrationLockTimeoutSeconds }: Pick<Settings, 'pool' | 'migrationLockTimeoutSeconds'>,
  role: string,
): Promise<pg.Client> {
  const { statement_timeout, lock_timeout, ...config } = clientConfig(database, pool);
  const named = { ...config, application_name: `${database.applicationName} ${role}` };
  let client: pg.Client | undefined;
  try {
    client = await connectClient(named);
    await refusePooler(client, () => connectClient(named));
    await client.query(`${SETTINGS}; SET lock_timeout = '${migrationLockTimeoutSeconds}s'`);
    return client;
  } catch (error) {
    if (client) destroyClient(client);
    if (error instanceof ReasonError)
      throw new ReasonError('BACKUP_REQUIRES_SESSION', { cause: error });
    throw databaseFailure(database, error);
  }
}

/**
 * Names in what is read from now on have their schemas before them.
 * @param inTransaction until it ends
 */
export async function qualifyNames(client: pg.Client, inTransaction = false): Promise<void> {
  await client.query(`SELECT set_config('search_path', '', $1)`, [inTransaction]);
}
