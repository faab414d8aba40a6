import { quoted } from '../verdicts/statement-parts.js';

/** A relation of the database of which a trial makes an empty copy. */
export interface CopiedRelation {
  /** Without schema: the copy's as well. */
  readonly name: string;
  readonly schema: string;
  /** `relkind`: a table, a partitioned table, a view, or a materialized view. */
  readonly kind: 'r' | 'p' | 'v' | 'm';
  /** By which the statements call it. */
  readonly names: readonly string[];
  readonly partitionKey: string | null;
  /** Of a partition. */
  readonly bounds: string | null;
  readonly parents: readonly string[];
  /** What `ADD CONSTRAINT` takes. */
  readonly keys: readonly string[];
  /** The same, of foreign keys: they need the other copies. */
  readonly references: readonly string[];
  readonly indexes: readonly string[];
  /** Of a view: one expression for each column. */
  readonly shows: readonly string[];
}

/** What decides whether something can be tried. */
export interface TrialFacts {
  /** False on a standby, without the right to make temporary tables, and where triggers would see that they are made. */
  readonly isAllowed: boolean;
  /** Parents first. */
  readonly relations: readonly CopiedRelation[];
}

/** Its facts are in `trial`; takes the names, as `to_regclass` does. */
export const TRIAL_FACTS = `
WITH RECURSIVE named AS (
  SELECT name, to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name
), asked AS (
  SELECT oid FROM named WHERE oid IS NOT NULL
  UNION SELECT k.confrelid FROM named JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = named.oid
  UNION SELECT (SELECT min(i.inhrelid) FROM pg_inherits i WHERE i.inhparent = named.oid) FROM named
), wanted AS (
  SELECT oid FROM asked WHERE oid IS NOT NULL
  UNION SELECT i.inhparent FROM wanted JOIN pg_inherits i ON i.inhrelid = wanted.oid
), copied AS (
  SELECT c.oid, c.relname, n.nspname, c.relkind, c.relispartition, c.relpartbound,
         (WITH RECURSIVE above AS (
            SELECT c.oid AS oid, 0 AS height
            UNION SELECT i.inhparent, height + 1 FROM above JOIN pg_inherits i ON i.inhrelid = above.oid
          ) SELECT max(height) FROM above) AS height
    FROM wanted JOIN pg_class c ON c.oid = wanted.oid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND c.reloftype = 0
     AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND has_table_privilege(c.oid, 'SELECT')
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass AND d.classid <> 'pg_type'::regclass
                        AND d.refobjid IN (c.reltype, (SELECT typarray FROM pg_type WHERE oid = c.reltype)))
)
SELECT jsonb_build_object(
  'isAllowed', NOT pg_is_in_recovery() AND has_database_privilege(current_database(), 'TEMP')
    AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D'),
  'relations', (SELECT coalesce(jsonb_agg(jsonb_build_object(
    'name', c.relname, 'schema', c.nspname, 'kind', c.relkind,
    'names', (SELECT coalesce(jsonb_agg(name), '[]') FROM named WHERE named.oid = c.oid),
    'partitionKey', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    'bounds', CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
    'parents', (SELECT coalesce(jsonb_agg(p.relname ORDER BY i.inhseqno), '[]')
      FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid),
    'keys', (SELECT coalesce(jsonb_agg(format('%I ', k.conname) || pg_get_constraintdef(k.oid) ORDER BY k.oid), '[]')
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')),
    'references', (SELECT coalesce(jsonb_agg(format('%I ', k.conname) || replace(pg_get_constraintdef(k.oid),
        format(' REFERENCES %s(', k.confrelid::regclass), format(' REFERENCES pg_temp.%I(', o.relname)) ORDER BY k.oid), '[]')
      FROM pg_constraint k JOIN pg_class o ON o.oid = k.confrelid
     WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0),
    'indexes', (SELECT coalesce(jsonb_agg(replace(replace(pg_get_indexdef(i.indexrelid),
        format(' ON ONLY %I.%I USING ', c.nspname, c.relname), format(' ON pg_temp.%I USING ', c.relname)),
        format(' ON %I.%I USING ', c.nspname, c.relname), format(' ON pg_temp.%I USING ', c.relname)) ORDER BY i.indexrelid), '[]')
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND c.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype <> 'f')),
    'shows', (SELECT coalesce(jsonb_agg(format('NULL::%s%s AS %I', format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN format(' COLLATE %s', a.attcollation::regcollation) END,
        a.attname) ORDER BY a.attnum), '[]')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('v', 'm'))
  ) ORDER BY c.height, c.oid), '[]') FROM copied c)
) AS trial`;

/**
 * Makes the empty copy, in the schema of temporary tables. Reads of the relation what `ACCESS SHARE` lets it; the names
 * of its keys and indexes are the same.
 */
export function copyingSql(relation: CopiedRelation): string {
  const { name, schema, kind, parents, bounds, partitionKey, keys, indexes, shows } = relation;
  const copy = inTrial(name);
  if (kind === 'v' || kind === 'm') return `CREATE VIEW ${copy} AS SELECT ${shows.join(', ')}`;
  const isPartition = bounds !== null;
  const like = `LIKE ${quoted(schema)}.${quoted(name)} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS EXCLUDING COMMENTS`;
  const inherits =
    isPartition || parents.length === 0 ? '' : ` INHERITS (${parents.map(inTrial).join(', ')})`;
  return [
    `CREATE TABLE ${copy} (${like}${isPartition ? ' EXCLUDING IDENTITY' : ''})${inherits}` +
      (partitionKey === null ? '' : ` PARTITION BY ${partitionKey}`),
    ...keys.map((key) => `ALTER TABLE ${copy} ADD CONSTRAINT ${key}`),
    ...indexes,
    ...(isPartition
      ? [`ALTER TABLE ${inTrial(parents[0] ?? '')} ATTACH PARTITION ${copy} ${bounds}`]
      : []),
  ].join(';\n');
}

/** The foreign keys of the copy, to other copies. */
export function referencingSql({ name, references }: CopiedRelation): string {
  return references.map((key) => `ALTER TABLE ${inTrial(name)} ADD CONSTRAINT ${key}`).join(';\n');
}

/** The name of a copy, by which nothing else is found. */
export function inTrial(name: string): string {
  return `pg_temp.${quoted(name)}`;
}
