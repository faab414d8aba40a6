import { type ConnectionFacts, sessionLimits } from './connection-facts.js';
import { lockKey } from './migration-lock.js';
import type { Statement } from '../parser/statements.js';
import { functionsIn, rangesIn } from '../parser/syntax-tree.js';

/** What they run is not known: it may set anything. */
const OPAQUE = new Set(['DoStmt', 'CallStmt', 'DiscardStmt']);

/**
 * SQL that takes back what a migration's statements leave with the connection: settings, roles and
 * temporary tables. Without it, what a migration does would depend on what was applied before it in
 * the same run, and the ledger would be written as another role or looked for in another schema. It
 * fails when a statement has let go of the migrator's lock.
 * To be run between the last statement and the entry, in their transaction if they have one.
 * @param store whose lock it is, as an SQL literal
 * @returns none for a migration that leaves nothing
 */
export function sessionResetStatements(
  statements: readonly Statement[],
  facts: ConnectionFacts,
  store: string,
): readonly string[] {
  // Through a pooler the lock is the transaction's, which nothing lets go of.
  const locked = !facts.pooled && statements.some(mayUnlock) ? [failUnlessLocked(store)] : [];
  const settings = statements.some(maySet)
    ? [
        'RESET SESSION AUTHORIZATION',
        'RESET ROLE',
        'RESET ALL',
        // Through a pooler they are set for each transaction.
        ...(facts.pooled ? [] : [sessionLimits('SESSION', facts)]),
      ]
    : [];
  const temporary = statements.some(mayMakeTemporary) ? ['DISCARD TEMP'] : [];
  return [...locked, ...settings, ...temporary];
}

/** Such as `pg_advisory_unlock_all()` lets go of it, and then others migrate at the same time. */
function failUnlessLocked(store: string): string {
  return `DO $holdfast$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks
                  WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_backend_pid()
                    AND (classid::bigint << 32) | objid::bigint = ${lockKey(store)}) THEN
    RAISE EXCEPTION 'the migration let go of the lock that keeps other migrators out';
  END IF;
END $holdfast$`;
}

function mayUnlock({ type, node, text }: Statement): boolean {
  if (OPAQUE.has(type)) return true;
  if (type === 'SelectStmt') return functionsIn(node).length > 0;
  return (
    /advisory_unlock/i.test(text) &&
    functionsIn(node).some((name) => name.startsWith('pg_advisory_unlock'))
  );
}

function maySet({ type, node }: Statement): boolean {
  if (type === 'VariableSetStmt' || OPAQUE.has(type)) return true;
  return type === 'SelectStmt' && functionsIn(node).length > 0;
}

/** The trees of statements that do not say so are not looked through. */
function mayMakeTemporary({ type, node, text }: Statement): boolean {
  if (OPAQUE.has(type)) return true;
  return (
    /temp/i.test(text) &&
    rangesIn(node).some(
      ({ relpersistence, schemaname }) => relpersistence === 't' || schemaname === 'pg_temp',
    )
  );
}
