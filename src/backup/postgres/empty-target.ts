import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

/** So many are named. */
const MOST_NAMED = 5;

const FOUND = `
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind NOT IN ('i', 'I', 't') AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}
 UNION ALL
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_proc', 'p.oid')}
 UNION ALL
SELECT format_type(t.oid, NULL) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype IN ('e', 'd', 'r') AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_type', 't.oid')}
 UNION ALL
SELECT 'the schema ' || n.nspname FROM pg_namespace n
 WHERE n.nspname <> 'public' AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_namespace', 'n.oid')}
 UNION ALL
SELECT 'large object ' || oid FROM pg_largeobject_metadata
 ORDER BY 1`;

/** @throws RESTORE_TARGET_NOT_EMPTY, naming what is there */
export async function refuseNotEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(FOUND);
  if (rows.length === 0) return;
  const named = rows.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = rows.length > MOST_NAMED ? ` and ${rows.length - MOST_NAMED} more` : '';
  throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', {
    detail: `the target has ${named.join(', ')}${more}`,
  });
}
