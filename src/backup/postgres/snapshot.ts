import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import { tablesOf } from './tables.js';

/** Tables that are made while others are locked are locked with the next try. */
const MOST_TRIES = 20;

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_SCHEMA = '3F000';

/**
 * Begins the transaction whose snapshot all is read in, and holds every table from before it on: to a snapshot that is
 * older than a TRUNCATE, or than an ALTER TABLE that writes the rows anew, the table would be empty.
 * @returns the snapshot's name
 * @throws BACKUP_FAILED, and the driver's errors
 */
export async function exportSnapshot(client: pg.Client): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const names = await namesOf(client);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (await lock(client, names)) {
      const { rows } = await client.query<{ snapshot: string }>(
        'SELECT pg_export_snapshot() AS snapshot',
      );
      const locked = new Set(names);
      if ((await namesOf(client)).every((name) => locked.has(name))) return rows[0]?.snapshot ?? '';
    }
    await client.query('ROLLBACK');
  }
  throw new ReasonError('BACKUP_FAILED', { detail: 'tables are made or dropped all the time' });
}

async function namesOf(client: pg.Client): Promise<readonly string[]> {
  const tables = await tablesOf(client);
  return tables.map(
    ({ schema, name }) => `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`,
  );
}

/** Takes no snapshot. @returns false when one of them is gone */
async function lock(client: pg.Client, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true;
  try {
    const each = names.map((name) => `ONLY ${name}`).join(', ');
    await client.query(`LOCK TABLE ${each} IN ACCESS SHARE MODE`);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== UNDEFINED_TABLE && code !== UNDEFINED_SCHEMA) throw error;
    return false;
  }
}
