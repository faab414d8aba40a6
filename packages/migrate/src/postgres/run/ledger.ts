import type pg from 'pg';
import { BUILD_TABLES } from '@holdfast/postgres/verification/builds';
import { IDENTITY_TABLE } from '@holdfast/postgres/verification/identity';
import { ReasonError } from '../../reasons.js';
import type { Migration } from '../../migration.js';
import type { MigratorIdentity } from '../../migration-session.js';
import { CLOSE_HISTORY, isHistoryOpen } from './close-history.js';

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
ALTER TABLE holdfast_migrations
  ADD COLUMN IF NOT EXISTS backward_compatible boolean NOT NULL DEFAULT false;
CREATE TABLE IF NOT EXISTS holdfast_write_probe (
  written_at timestamptz NOT NULL
);
${IDENTITY_TABLE}${BUILD_TABLES}`;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Makes what is missing, and leaves writing it to its owner. Two stores may be migrated at once; CREATE TABLE IF
 * NOT EXISTS alone is not safe against that.
 * @throws MIGRATION_LOCK_TIMEOUT
 */
export async function prepareLedger(client: pg.Client, timeoutSeconds: number): Promise<void> {
  const { rows } = await client.query<{ complete: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_attribute
                     WHERE attrelid = to_regclass('holdfast_migrations')
                       AND attname = 'backward_compatible' AND NOT attisdropped)
        AND to_regclass('holdfast_write_probe') IS NOT NULL
        AND to_regclass('holdfast_identity') IS NOT NULL
        AND to_regclass('holdfast_running') IS NOT NULL AS complete`,
  );
  if (rows[0]?.complete && !(await isHistoryOpen(client))) return;
  try {
    await client.query(
      `BEGIN; SET LOCAL lock_timeout = '${timeoutSeconds}s';
       SELECT pg_advisory_xact_lock(hashtextextended('holdfast_ledger', 0)); ${LEDGER}`,
    );
    await client.query((await isHistoryOpen(client)) ? `${CLOSE_HISTORY} COMMIT` : 'COMMIT');
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new ReasonError('MIGRATION_LOCK_TIMEOUT', {
      detail: `the ledger could not be made for ${timeoutSeconds} s: another process locks it`,
      cause: error,
    });
  }
}

/**
 * An INSERT of the migration into the ledger, as one text without parameters.
 * @param durationMs an SQL expression
 */
export function ledgerInsert(
  { store, version, name, checksum, backwardCompatible }: Migration,
  { appliedBy, build }: MigratorIdentity,
  durationMs: string,
  quote: (text: string) => string,
): string {
  const texts = [store, version, name, checksum, appliedBy, build].map(quote).join(', ');
  return `INSERT INTO holdfast_migrations
    (store, version, name, checksum, applied_by, build, applied_at, duration_ms, backward_compatible)
    VALUES (${texts}, clock_timestamp(), ${durationMs}, ${backwardCompatible})`;
}

/**
 * Milliseconds since the transaction began, in SQL.
 * @param after what was entered just before by the same text: all its transactions begin when it arrives
 */
export function durationSql(quote: (text: string) => string, after?: Migration): string {
  const begun = after
    ? `(SELECT applied_at FROM holdfast_migrations
        WHERE store = ${quote(after.store)} AND version = ${quote(after.version)})`
    : 'transaction_timestamp()';
  return `1000 * extract(epoch FROM clock_timestamp() - ${begun})`;
}

/** Statements one after the other; each may end with a comment. */
export function joinStatements(statements: readonly string[]): string {
  return statements.join('\n;\n');
}
