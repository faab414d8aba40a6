import type pg from 'pg';
import { refuseDifferences } from '../compare.js';
import type { PostgresBackup } from '../manifest.js';
import { readBesideRows, refuseLessBesideRows } from './beside-rows.js';
import { readDefinitions } from './definitions.js';
import { readLedger } from './facts.js';
import { readProperties } from './properties.js';
import { qualifyNames } from './session.js';
import { digestTables } from './tables.js';

/**
 * @param major version of the server
 * @throws RESTORE_MISMATCH
 */
export async function refuseOtherThan(
  backup: PostgresBackup,
  client: pg.Client,
  major: number,
  signal: AbortSignal,
): Promise<void> {
  const ledger = await readLedger(client);
  await qualifyNames(client);
  const tables = await digestTables(client, signal);
  const definitions = await definitionsOf(client, backup);
  const properties = await propertiesOf(client, backup);
  const restored = { tables, ledger, definitions, properties };
  refuseLessBesideRows(backup, await readBesideRows(client));
  refuseDifferences(backup, restored, major === Number.parseInt(backup.server_version, 10));
}

/**
 * Without what the target had before: many servers have some extensions in every new database, and every one has the
 * schema public, whose lack no dump tells.
 */
async function definitionsOf(
  client: pg.Client,
  { definitions }: PostgresBackup,
): Promise<PostgresBackup['definitions']> {
  const found = Object.entries(await readDefinitions(client));
  const isOurs = (name: string) =>
    name in definitions || !(name.startsWith('extension ') || name === 'schema public');
  return Object.fromEntries(found.filter(([name]) => isOurs(name)));
}

/** What is said of an extension, likewise. */
async function propertiesOf(
  client: pg.Client,
  { definitions, properties }: PostgresBackup,
): Promise<PostgresBackup['properties']> {
  if (!properties) return undefined;
  const found = Object.entries(await readProperties(client));
  const isOurs = (name: string) => {
    const [, extension] = OF_EXTENSION.exec(name) ?? [];
    return extension === undefined || extension in definitions;
  };
  return Object.fromEntries(found.filter(([name]) => isOurs(name)));
}

const OF_EXTENSION = /^(?:schema of|comment on) (extension .*)$/;
