import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import type { PostgresBackup } from '../manifest.js';
import { isOfExtension, isUserSchema, userObjects } from './user-objects.js';

/** So many are named. */
const MOST_NAMED = 5;

const DATABASE = '(SELECT oid FROM pg_database WHERE datname = current_database())';

/** Catalogues of what is in no way of a restore unless it was made in this very database: it may be of its template. */
const BESIDE_TABLES = [
  'pg_collation',
  'pg_conversion',
  'pg_operator',
  'pg_opclass',
  'pg_opfamily',
  'pg_cast',
  'pg_transform',
  'pg_language',
  'pg_am',
  'pg_ts_parser',
  'pg_ts_template',
  'pg_ts_dict',
  'pg_ts_config',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_event_trigger',
  'pg_publication',
];

/** Numbers are given in turn on the whole server: what a template has brought has a smaller one than the database. */
const isOwn = (oid: string): string => `${oid} > ${DATABASE}`;

const FOUND = `
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind NOT IN ('i', 'I', 't') AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}
 UNION ALL
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_proc', 'p.oid')}
 UNION ALL
SELECT format_type(t.oid, NULL) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype NOT IN ('c', 'm') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
   AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_type', 't.oid')}
 UNION ALL
SELECT 'the schema ' || n.nspname FROM pg_namespace n
 WHERE n.nspname <> 'public' AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_namespace', 'n.oid')}
 UNION ALL
SELECT 'large object ' || oid FROM pg_largeobject_metadata
 UNION ALL
SELECT 'the subscription ' || subname FROM pg_subscription WHERE subdbid = ${DATABASE}
 UNION ALL
SELECT 'the extension ' || extname FROM pg_extension
 WHERE ${isOwn('oid')} AND NOT 'extension ' || quote_ident(extname) = ANY ($1)
${BESIDE_TABLES.map(
  (catalog) => ` UNION ALL
SELECT 'the ' || i.type || ' ' || i.identity FROM ${userObjects(catalog)} AND ${isOwn('o.oid')}`,
).join('\n')}
 ORDER BY 1`;

/**
 * Extensions that the backup has are taken as they are: a dump makes those that are missing.
 * @throws RESTORE_TARGET_NOT_EMPTY, naming what is there
 */
export async function refuseNotEmpty(
  client: pg.Client,
  { definitions }: Pick<PostgresBackup, 'definitions'>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(FOUND, [Object.keys(definitions)]);
  if (rows.length === 0) return;
  const named = rows.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = rows.length > MOST_NAMED ? ` and ${rows.length - MOST_NAMED} more` : '';
  throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', {
    detail: `the target has ${named.join(', ')}${more}`,
  });
}
