import { isOfExtension, isUserSchema } from '../user-objects.js';
import { identity, sorted } from './said.js';

/** Aspects of a relation `c`, by what they are called; nothing is said of what is by default. */
const OF_RELATION: Readonly<Record<string, string>> = {
  options: `concat_ws(' ', ${sorted('c.reloptions')},
    (SELECT 'TOAST ' || ${sorted('t.reloptions')} FROM pg_class t WHERE t.oid = c.reltoastrelid))`,
  persistence: `CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END`,
  'replica identity': `CASE WHEN c.relkind IN ('r', 'p', 'm') THEN nullif(c.relreplident::text, 'd') END`,
  'row security': `concat_ws(' ', CASE WHEN c.relrowsecurity THEN 'ENABLED' END, CASE WHEN c.relforcerowsecurity THEN 'FORCED' END)`,
  population: `CASE WHEN NOT c.relispopulated THEN 'NOT POPULATED' END`,
  partitioning: `CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END`,
  'place among partitions': 'pg_get_expr(c.relpartbound, c.oid)',
  parents: `(SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid)`,
  type: `format_type(nullif(c.reloftype, 0), NULL)`,
  'access method': `(SELECT nullif(amname, 'heap') FROM pg_am WHERE oid = c.relam AND c.relkind <> 'i' AND c.relkind <> 'I')`,
  'foreign server': `(SELECT concat_ws(' ', srvname, ${sorted('ftoptions')})
    FROM pg_foreign_table JOIN pg_foreign_server s ON s.oid = ftserver WHERE ftrelid = c.oid)`,
  cache: `(SELECT nullif(seqcache, 1)::text FROM pg_sequence WHERE seqrelid = c.oid)`,
  'owning column': `(SELECT (pg_identify_object(refclassid, refobjid, refobjsubid)).identity FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = c.oid AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
      AND deptype IN ('a', 'i') AND c.relkind = 'S')`,
  use: `(SELECT concat_ws(' ', CASE WHEN indisclustered THEN 'CLUSTER' END, CASE WHEN indisreplident THEN 'REPLICA IDENTITY' END)
    FROM pg_index WHERE indexrelid = c.oid)`,
};

/**
 * Of a column `a` of `c` with the type `t`. A child that is no partition is made with what its parents have, whatever
 * it has itself.
 */
const OF_COLUMN: Readonly<Record<string, string>> = {
  storage: `CASE WHEN a.attstorage <> t.typstorage AND (a.attinhcount = 0 OR c.relispartition) THEN a.attstorage::text END`,
  compression: `CASE WHEN a.attinhcount = 0 OR c.relispartition THEN a.attcompression::text END`,
  'statistics target': `nullif(a.attstattarget::text, '-1')`,
  // Those that can be set: a server may keep notes of its own among them, which are in no dump.
  options: `concat_ws(' ', ${sorted("ARRAY(SELECT given FROM unnest(a.attoptions) AS given WHERE given ~ '^n_distinct')")}, 'FOREIGN ' || ${sorted('a.attfdwoptions')})`,
  default: `CASE c.relkind WHEN 'v' THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = c.oid AND adnum = a.attnum) END`,
};

/** With a quote for each, as SQL writes them. */
const valuesOf = (aspects: Readonly<Record<string, string>>): string =>
  Object.entries(aspects)
    .map(([name, sql]) => `('${name}', ${sql})`)
    .join(', ');

/** An index that is not valid is in no dump. */
const IN_DUMPS = `c.relpersistence <> 't' AND ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}
  AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = c.oid AND (NOT x.indisvalid AND c.relkind <> 'I' OR ${isOfExtension('pg_class', 'x.indrelid')}))`;

export const RELATIONS: readonly string[] = [
  `SELECT aspect || ' of ' || ${identity('pg_class', 'c.oid')}, 0, said
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (VALUES ${valuesOf(OF_RELATION)}) AS aspects (aspect, said)
    WHERE said <> '' AND c.relkind <> 'c' AND ${IN_DUMPS}`,
  `SELECT aspect || ' of ' || ${identity('pg_class', 'c.oid')} || '.' || quote_ident(a.attname), 0, said
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     CROSS JOIN LATERAL (VALUES ${valuesOf(OF_COLUMN)}) AS aspects (aspect, said)
    WHERE said <> '' AND c.relkind <> 'c' AND (c.relkind NOT IN ('i', 'I') OR aspect = 'statistics target') AND ${IN_DUMPS}`,
  `SELECT 'statistics ' || i.identity, 0, concat_ws(' ', pg_get_statisticsobjdef(o.oid), nullif(to_jsonb(o)->>'stxstattarget', '-1'))
     FROM pg_statistic_ext o CROSS JOIN LATERAL pg_identify_object('pg_statistic_ext'::regclass, o.oid, 0) AS i
    WHERE ${isUserSchema('i.schema')} AND NOT ${isOfExtension('pg_statistic_ext', 'o.oid')}`,
];
