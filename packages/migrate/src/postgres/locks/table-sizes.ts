import { effectsOf } from './lock-levels.js';
import type { Statement } from '../parser/statements.js';
import { functionsIn, typesIn } from '../parser/syntax-tree.js';

/** A relation and how big it is, its partitions and heirs included. */
export interface TableSize {
  /** Its name as PostgreSQL prints it, with the schema where the search path needs it. */
  readonly table: string;
  /**
   * Estimated, as the planner does; before the first VACUUM or ANALYZE from what was written, or
   * from the widths of the columns.
   */
  readonly rows: number;
  /** With indexes and TOAST. */
  readonly bytes: number;
  readonly partitions: number;
}

/** A table at the other end of a foreign key. */
export interface RelatedTable extends TableSize {
  readonly constraint: string;
  readonly columns: readonly string[];
}

export interface Column {
  /** `typname` of the type; an array's begins with `_`. */
  readonly type: string;
  /** Length, or precision and scale; empty without. */
  readonly modifiers: readonly number[];
  /** Whether a constraint keeps NULL out already. */
  readonly notNull: boolean;
  /** Generated when it is read. */
  readonly virtual: boolean;
}

/** What the database knows about a relation that a migration names. */
export interface KnownRelation extends TableSize {
  /** `relkind` of `pg_class`. */
  readonly kind: string;
  readonly unlogged: boolean;
  /** Of an index, the name of its table; rows and bytes are the table's. */
  readonly indexOf: string | null;
  readonly columns: Readonly<Record<string, Column>>;
  readonly references: readonly RelatedTable[];
  readonly referencedBy: readonly RelatedTable[];
  /** The tables that it is a partition or an heir of. */
  readonly parents: readonly TableSize[];
}

/** What a database knows of the names in migrations; a name that it does not know is missing. */
export interface TableSizes {
  readonly relations: Readonly<Record<string, KnownRelation>>;
  /** Functions by name: whether one of that name is volatile, and whether one is a user's. */
  readonly functions: Readonly<
    Record<string, { readonly volatile: boolean; readonly own: boolean }>
  >;
  /** Domains by name: whether they hold a constraint. */
  readonly domains: Readonly<Record<string, { readonly constrained: boolean }>>;
}

export const NO_SIZES: TableSizes = { relations: {}, functions: {}, domains: {} };

/** Runs one query, for example a bound `pg.Client.query`. */
export type Query = (
  sql: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly { readonly known: TableSizes }[] }>;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Looks up what the statements name, in one query. Where a table is locked for longer than
 * `lock_timeout`, all sizes are those of the last VACUUM or ANALYZE; so it is not for within a
 * transaction.
 */
export async function tableSizes(
  query: Query,
  statements: readonly Statement[],
): Promise<TableSizes> {
  const nodes = statements.map(({ node }) => node);
  const touched = statements.flatMap((statement) => effectsOf(statement, NO_SIZES).touches);
  const names = new Set(touched.map(({ relation }) => relation));
  const values = [[...names], functionsIn(nodes), typesIn(nodes)];
  try {
    return await known(query, [...values, true]);
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    return known(query, [...values, false]);
  }
}

async function known(query: Query, values: unknown[]): Promise<TableSizes> {
  const { rows } = await query(SIZES, values);
  return rows[0]?.known ?? NO_SIZES;
}

const HEAP_ROW_BYTES = 28;
const UNKNOWN_WIDTH_BYTES = 32;

const SIZES = `
WITH RECURSIVE named AS (
  SELECT name, to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name
), asked AS (
  SELECT name, named.oid, coalesce(i.indrelid, named.oid) AS tbl, i.indrelid::regclass::text AS index_of
    FROM named LEFT JOIN pg_index i ON i.indexrelid = named.oid WHERE named.oid IS NOT NULL
), keys AS (
  SELECT k.conrelid, k.confrelid, k.conname,
         (SELECT array_agg(attname::text) FROM pg_attribute
           WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey)) AS columns,
         (SELECT array_agg(attname::text) FROM pg_attribute
           WHERE attrelid = k.confrelid AND attnum = ANY (k.confkey)) AS referenced
    FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
     AND (k.conrelid IN (SELECT tbl FROM asked) OR k.confrelid IN (SELECT tbl FROM asked))
), wanted AS (
  SELECT tbl AS oid FROM asked UNION SELECT conrelid FROM keys UNION SELECT confrelid FROM keys
  UNION SELECT inhparent FROM pg_inherits WHERE inhrelid IN (SELECT tbl FROM asked)
), tree AS (
  SELECT oid AS root, oid FROM wanted
  UNION SELECT root, inhrelid FROM tree JOIN pg_inherits ON inhparent = tree.oid
), storage AS (
  SELECT tree.root, c.oid, c.reltuples, c.relpages,
         current_setting('block_size')::float8 AS block,
         CASE WHEN $4::boolean THEN pg_relation_size(c.oid)::float8
              ELSE c.relpages * current_setting('block_size')::float8 END AS heap,
         CASE WHEN $4::boolean THEN pg_total_relation_size(c.oid)::float8
              ELSE c.relpages * current_setting('block_size')::float8 END AS total
    FROM tree JOIN pg_class c ON c.oid = tree.oid
), sized AS (
  SELECT root, round(sum(CASE
           WHEN reltuples >= 0 AND relpages > 0 THEN reltuples / relpages * (heap / block)
           ELSE greatest(pg_stat_get_live_tuples(oid), heap / (${HEAP_ROW_BYTES} + (
             SELECT coalesce(sum(CASE WHEN attlen > 0 THEN attlen ELSE ${UNKNOWN_WIDTH_BYTES} END), 0)
               FROM pg_attribute WHERE attrelid = storage.oid AND attnum > 0 AND NOT attisdropped)))
           END)) AS rows,
         round(sum(total)) AS bytes, count(*) - 1 AS partitions
    FROM storage GROUP BY root
), described AS (
  SELECT root AS oid, jsonb_build_object('table', root::regclass::text, 'rows', rows,
         'bytes', bytes, 'partitions', partitions) AS size FROM sized
)
SELECT jsonb_build_object(
  'relations', (SELECT coalesce(jsonb_object_agg(name, size || jsonb_build_object(
    'table', asked.oid::regclass::text, 'kind', c.relkind, 'unlogged', c.relpersistence = 'u', 'indexOf', index_of,
    'columns', (SELECT coalesce(jsonb_object_agg(a.attname, jsonb_build_object('type', t.typname,
        'modifiers', coalesce(string_to_array(
          substring(format_type(a.atttypid, a.atttypmod) FROM '[(]([0-9,]+)[)]'), ',')::int[], '{}'),
        'virtual', a.attgenerated = 'v', 'notNull', a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid
          AND k.contype = 'c' AND k.convalidated AND k.conkey = ARRAY[a.attnum]
          AND CASE WHEN $4::boolean THEN pg_get_constraintdef(k.oid) = format('CHECK ((%I IS NOT NULL))', a.attname) END))), '{}')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = asked.tbl AND a.attnum > 0 AND NOT a.attisdropped),
    'references', (SELECT coalesce(jsonb_agg(size || jsonb_build_object(
        'constraint', conname, 'columns', columns)), '[]')
      FROM keys JOIN described ON described.oid = confrelid WHERE conrelid = asked.tbl),
    'referencedBy', (SELECT coalesce(jsonb_agg(size || jsonb_build_object(
        'constraint', conname, 'columns', referenced)), '[]')
      FROM keys JOIN described ON described.oid = conrelid WHERE confrelid = asked.tbl),
    'parents', (SELECT coalesce(jsonb_agg(size), '[]')
      FROM pg_inherits JOIN described ON described.oid = inhparent WHERE inhrelid = asked.tbl)
  )), '{}') FROM asked JOIN described ON described.oid = tbl JOIN pg_class c ON c.oid = asked.oid),
  'functions', (SELECT coalesce(jsonb_object_agg(proname, facts), '{}') FROM (
    SELECT p.proname, jsonb_build_object('volatile', bool_or(p.provolatile = 'v'),
           'own', bool_or(p.pronamespace <> 'pg_catalog'::regnamespace)) AS facts
      FROM pg_proc p WHERE p.proname = ANY ($2::text[]) GROUP BY p.proname) AS named_functions),
  'domains', (SELECT coalesce(jsonb_object_agg(typname, facts), '{}') FROM (
    SELECT t.typname, jsonb_build_object('constrained', bool_or(t.typnotnull OR EXISTS (
           SELECT FROM pg_constraint k WHERE k.contypid = t.oid))) AS facts
      FROM pg_type t WHERE t.typtype = 'd' AND t.typname = ANY ($3::text[])
     GROUP BY t.typname) AS named_domains)
) AS known`;
