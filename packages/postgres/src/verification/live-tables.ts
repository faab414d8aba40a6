import { LIVE_CONSTRAINTS } from './constraints.js';
import { LIVE_INTERCEPTION } from './interception.js';
import type { DatabaseNeeds } from './needs.js';

/**
 * Parameters of `LIVE_TABLES`: an array, of which the planner knows the length. By what it takes any other
 * source of rows for, the question would look so large that the server compiled it each time.
 */
export function liveTablesOf(needs: DatabaseNeeds): [string[]] {
  return [
    Object.entries(needs).map(([name, { rights, updates = [] }]) =>
      JSON.stringify({ name, rights, updates }),
    ),
  ];
}

/** Schemas of the search path, also those that the role may not use. */
const PATH = `(SELECT coalesce(nullif(btrim(word, ' "'), '$user'), current_user::text)
    FROM unnest(string_to_array(current_setting('search_path'), ',')) AS word)`;

/** Whether a table of the name is in a schema of the search path that the role may not use. */
export const isHidden = (name: string): string => `EXISTS (
  SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relname = ${name} AND n.nspname IN ${PATH} AND NOT has_schema_privilege(n.oid, 'USAGE'))`;

/** Held on the table, or on the columns: an UPDATE sets those that are named, the others read or write all. */
const HELD = `coalesce(has_table_privilege(at, wanted), true)
  OR wanted = 'UPDATE' AND has_any_column_privilege(at, wanted)
     AND NOT EXISTS (SELECT FROM pg_attribute
          WHERE attrelid = at AND attname IN (SELECT json_array_elements_text(updates))
            AND NOT has_column_privilege(at, attnum, wanted))
  OR wanted IN ('SELECT', 'INSERT') AND (SELECT bool_and(has_column_privilege(at, attnum, wanted))
       FROM pg_attribute WHERE attrelid = at AND attnum > 0 AND NOT attisdropped)`;

/** Under row-level security, without a policy for it, no row can be had or written. */
const SHUT_OUT = `coalesce(row_security_active(at), false) AND NOT EXISTS (
  SELECT FROM pg_policy p WHERE p.polrelid = at AND p.polpermissive
     AND p.polcmd IN ('*', CASE wanted WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a'
                                       WHEN 'UPDATE' THEN 'w' ELSE 'd' END)
     AND EXISTS (SELECT FROM unnest(p.polroles) AS role
                  WHERE role = 0 OR pg_has_role(current_user, role, 'USAGE')))`;

/** `(3)` of a `varchar(3)`, `(0)` of a `timestamp(0) with time zone`; nothing where a type takes any value. */
const MODIFIER = `coalesce(substring(format_type(coalesce(b.oid, t.oid),
             CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END) from '[(][0-9,]+[)]'), '')`;

/**
 * The tables that are needed as they are, with the rights of the role that are missing. It reads
 * catalogues and opens no table: no lock on one keeps it waiting.
 */
export const LIVE_TABLES = `
SELECT name, at IS NOT NULL AS there, at IS NULL AND ${isHidden('name')} AS hidden,
       CASE WHEN cardinality(schemas) > 1 THEN schemas ELSE '{}' END AS rivals,
       ARRAY(SELECT wanted FROM json_array_elements_text(rights) AS wanted
              WHERE at IS NOT NULL AND (NOT (${HELD}) OR ${SHUT_OUT})) AS lacking,
       coalesce((SELECT json_object_agg(a.attname, json_build_object(
           'type', coalesce(b.typname, t.typname) || ${MODIFIER}, 'notNull', a.attnotnull,
           'filled', a.atthasdef OR a.attidentity <> '',
           'generated', a.attgenerated <> '' OR a.attidentity = 'a'))
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
               LEFT JOIN pg_type b ON b.oid = t.typbasetype
         WHERE a.attrelid = at AND a.attnum > 0 AND NOT a.attisdropped), '{}') AS columns,
       ${LIVE_CONSTRAINTS}, ${LIVE_INTERCEPTION}
  FROM unnest($1::json[]) AS given, json_to_record(given) AS needed (name text, rights json, updates json),
       CAST(to_regclass(quote_ident(name)) AS oid) AS at,
       LATERAL (SELECT ARRAY(SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                              WHERE c.relname = name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                                AND n.nspname = ANY (current_schemas(false)) ORDER BY 1) AS schemas) AS found`;
