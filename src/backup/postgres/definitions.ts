import type pg from 'pg';
import { COLUMN_PLACE } from './column-place.js';
import { readDigests } from './digests.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

const COLUMN = `concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attnotnull THEN 'NOT NULL' END,
  CASE WHEN a.attidentity <> '' THEN 'IDENTITY ' || a.attidentity::text END,
  CASE WHEN a.attgenerated <> '' THEN 'GENERATED ' || a.attgenerated::text END,
  'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
  CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation::text END)`;

const QUALIFIED = `quote_ident(n.nspname) || '.' || quote_ident(c.relname)`;

/** A foreign key that a partition has from its parent, or that leads to a partition: the server names it, and no dump does. */
const IS_CLONE = `(k.contype = 'f' AND k.conparentid <> 0)`;

/**
 * Kinds of what is defined, by a name and a text. Backups that are there are compared with these texts: what they leave
 * out is said by `properties`.
 */
const definitionsWith = (withClones: boolean): readonly string[] => [
  // Dropped columns leave gaps that a restore does not.
  `SELECT 'table ' || ${QUALIFIED} AS name, row_number() OVER (PARTITION BY c.oid ORDER BY ${COLUMN_PLACE}) AS place, ${COLUMN} AS text
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
      AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}`,
  `SELECT 'constraint ' || quote_ident(k.conname) || ' of ' || ${QUALIFIED}, 0,
          pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' NOT VALID' END
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype <> 'n' ${withClones ? '' : `AND NOT ${IS_CLONE}`} AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}`,
  // One that CREATE INDEX CONCURRENTLY is still building, or has left, is in no dump.
  `SELECT 'index ' || quote_ident(n.nspname) || '.' || quote_ident(i.relname), 0,
          pg_get_indexdef(i.oid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
     JOIN pg_namespace n ON n.oid = i.relnamespace
    WHERE c.relkind <> 't' AND (x.indisvalid OR c.relkind = 'p') AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}`,
  `SELECT 'trigger ' || quote_ident(g.tgname) || ' of ' || ${QUALIFIED}, 0,
          pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
     FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT g.tgisinternal AND ${isUserSchema('n.nspname')}`,
  `SELECT 'policy ' || quote_ident(p.polname) || ' of ' || ${QUALIFIED}, 0,
          concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${isUserSchema('n.nspname')}`,
  `SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'view ' END || ${QUALIFIED}, 0,
          CASE c.relkind WHEN 'S' THEN (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcycle)
                                          FROM pg_sequence WHERE seqrelid = c.oid)
               ELSE pg_get_viewdef(c.oid) END
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm', 'S') AND c.relpersistence <> 't'
      AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}`,
  `SELECT 'function ' || p.oid::regprocedure::text, 0, coalesce(pg_get_functiondef(CASE WHEN p.prokind IN ('f', 'p') THEN p.oid END), p.prokind::text)
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_proc', 'p.oid')}`,
  `SELECT 'type ' || format_type(t.oid, NULL), coalesce(e.enumsortorder, 0), concat_ws(' ', t.typtype, e.enumlabel, format_type(nullif(t.typbasetype, 0), t.typtypmod))
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_enum e ON e.enumtypid = t.oid
    WHERE t.typtype IN ('e', 'd', 'r') AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_type', 't.oid')}`,
  `SELECT 'extension ' || quote_ident(extname), 0, '' FROM pg_extension`,
  `SELECT 'schema ' || quote_ident(n.nspname), 0, '' FROM pg_namespace n
    WHERE ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_namespace', 'n.oid')}`,
];

/**
 * @param client whose names are qualified: see `qualifyNames`
 * @param withClones as backups of earlier builds have them
 */
export function readDefinitions(
  client: pg.Client,
  withClones = false,
): Promise<Record<string, string>> {
  return readDigests(client, definitionsWith(withClones));
}
