import type pg from 'pg';
import { type ExpressionFacts, EXPRESSIONS } from './expression-facts.js';

/** A column as the catalogue has it. */
export interface ColumnFacts {
  readonly name: string;
  /** With its modifier: `character varying(40)`. */
  readonly type: string;
  readonly collation: string | null;
  readonly notNull: boolean;
  /** The expression; null for none. */
  readonly default: string | null;
  /** `p` for what has to fit into a page as it is. */
  readonly storage: string;
  /** What its type, or one that it is made of, refuses by itself: constraints of a domain, labels of an enumeration. */
  readonly limits: readonly string[];
  /** `GENERATED`, or an identity that takes no value. */
  readonly generated: boolean;
  readonly identity: boolean;
  /** Its number in the table: another one is another column. */
  readonly number: number;
  /** Roles that may not use the sequence of its default. */
  readonly withheld: readonly string[];
}

/** What the server compares rows with, by the names of columns. */
export interface ConstraintFacts {
  readonly name: string;
  /** `c`, `f` or `x`. */
  readonly type: string;
  readonly columns: readonly string[];
  /** As the server writes it. */
  readonly text: string;
  /** Of a check. */
  readonly condition: string | null;
}

/** A unique index, of a constraint or not. */
export interface KeyFacts {
  readonly name: string;
  /** The columns that are compared; `?` for an expression. */
  readonly columns: readonly string[];
  /** Columns of its expressions and its condition as well. */
  readonly mentions: readonly string[];
  readonly partial: boolean;
  /** Whole, and checked at once. */
  readonly usable: boolean;
  readonly nullsDistinct: boolean;
  /** What it is, but for its name. */
  readonly text: string;
}

/** A foreign key of another table to this one. */
export interface ReferenceFacts {
  readonly name: string;
  readonly table: string;
  /** `a` and `r` refuse what leaves rows behind. */
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Of this table. */
  readonly columns: readonly string[];
}

/** A table that statements use, as it is in this transaction. */
export interface TableFacts {
  readonly name: string;
  /** `relkind`; null where there is none. */
  readonly kind: string | null;
  readonly oid: string | null;
  readonly isPartition: boolean;
  readonly schema: string | null;
  /** Tables that inherit from it, by what stays when they are renamed; but for partitions. */
  readonly heirs: readonly string[];
  readonly columns: readonly ColumnFacts[];
  readonly constraints: readonly ConstraintFacts[];
  readonly keys: readonly KeyFacts[];
  readonly references: readonly ReferenceFacts[];
  readonly expressions: readonly ExpressionFacts[];
  /** Triggers and rules that come between a statement and its rows, with the text of what they run. */
  readonly intercepting: readonly { readonly name: string; readonly text: string }[];
  /** Row-level security, with its policies. */
  readonly policies: readonly string[];
  /** By role: what it may do with the table. */
  readonly rights: Readonly<Record<string, readonly string[]>>;
}

const named = (numbers: string, table = 'at') => `coalesce((
  SELECT json_agg(coalesce(a.attname::text, '?') ORDER BY n.place)
    FROM unnest(${numbers}) WITH ORDINALITY AS n (number, place)
         LEFT JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = n.number AND n.number > 0), '[]')`;

/** `pg_depend` has the columns of expressions, too. */
const INDEX_MENTIONS = `coalesce((
  SELECT json_agg(DISTINCT a.attname) FROM pg_depend d
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
   WHERE (d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
       OR d.classid = 'pg_constraint'::regclass AND d.objid = (
            SELECT oid FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u')))
     AND d.refclassid = 'pg_class'::regclass AND d.refobjid = at AND d.refobjsubid > 0), '[]')`;

const WITHHELD = `coalesce((
  SELECT json_agg(role) FROM unnest($2::text[]) AS role, pg_depend u JOIN pg_class q ON q.oid = u.refobjid
   WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid = 'pg_class'::regclass
     AND q.relkind = 'S' AND EXISTS (SELECT FROM pg_roles WHERE rolname = role)
     AND NOT has_sequence_privilege(role, q.oid, 'usage')), '[]')`;

/** The type of a column and those that it is made of, as `made`. */
const MADE_OF = `WITH RECURSIVE made (type) AS (
  SELECT a.atttypid UNION SELECT part.type FROM made JOIN pg_type t ON t.oid = made.type
    CROSS JOIN LATERAL (SELECT t.typbasetype AS type UNION ALL SELECT t.typelem
      UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid
      UNION ALL SELECT f.atttypid FROM pg_attribute f
       WHERE f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped) part
   WHERE part.type <> 0)`;

const HEIRS = `coalesce((
  WITH RECURSIVE heir (oid) AS (
    SELECT inhrelid FROM pg_inherits WHERE inhparent = at
    UNION SELECT n.inhrelid FROM heir JOIN pg_inherits n ON n.inhparent = heir.oid)
  SELECT json_agg(heir.oid::text ORDER BY heir.oid) FROM heir JOIN pg_class h ON h.oid = heir.oid
   WHERE NOT h.relispartition), '[]')`;

/** Parameters: names of tables as statements write them, names of roles. */
const TABLE_FACTS = `
SELECT given.name, c.relkind AS kind, c.oid::text AS oid, coalesce(c.relispartition, false) AS "isPartition",
  c.relnamespace::regnamespace::text AS schema, ${HEIRS} AS heirs, ${EXPRESSIONS} AS expressions,
  coalesce((SELECT json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'collation', nullif(a.attcollation, 0)::regcollation::text,
      'notNull', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
      'storage', a.attstorage,
      'limits', (${MADE_OF} SELECT coalesce(json_agg(limits.text ORDER BY limits.text), '[]') FROM (
           SELECT pg_get_constraintdef(k.oid) AS text FROM made JOIN pg_constraint k ON k.contypid = made.type
           UNION ALL SELECT 'label ' || e.enumlabel FROM made JOIN pg_enum e ON e.enumtypid = made.type
           UNION ALL SELECT 'NOT NULL' FROM made JOIN pg_type t ON t.oid = made.type AND t.typnotnull) limits),
      'generated', a.attgenerated <> '' OR a.attidentity = 'a',
      'identity', a.attidentity <> '', 'number', a.attnum, 'withheld', ${WITHHELD}) ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = at AND d.adnum = a.attnum
   WHERE a.attrelid = at AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT json_agg(json_build_object('name', k.conname, 'type', k.contype,
      'columns', ${named('k.conkey')}, 'text', pg_get_constraintdef(k.oid),
      'condition', pg_get_expr(k.conbin, k.conrelid)) ORDER BY k.conname)
    FROM pg_constraint k
   WHERE k.conrelid = at AND k.contype IN ('c', 'f', 'x')
     AND to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'), '[]') AS constraints,
  coalesce((SELECT json_agg(json_build_object('name', x.relname,
      'columns', ${named('(i.indkey::int2[])[0:i.indnkeyatts - 1]')}, 'mentions', ${INDEX_MENTIONS},
      'partial', i.indpred IS NOT NULL,
      'usable', i.indisvalid AND i.indisready AND i.indimmediate,
      'nullsDistinct', to_jsonb(i) ->> 'indnullsnotdistinct' IS DISTINCT FROM 'true',
      'text', regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')) ORDER BY x.relname)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
   WHERE i.indrelid = at AND i.indisunique), '[]') AS keys,
  coalesce((SELECT json_agg(json_build_object('name', k.conname, 'table', k.conrelid::regclass::text,
      'onDelete', k.confdeltype, 'onUpdate', k.confupdtype, 'columns', ${named('k.confkey')}) ORDER BY k.conname)
    FROM pg_constraint k WHERE k.confrelid = at AND k.contype = 'f' AND k.conparentid = 0), '[]') AS "references",
  coalesce((SELECT json_agg(json_build_object('name', made.name, 'text', made.text) ORDER BY made.name) FROM (
      SELECT 'the trigger ' || t.tgname AS name,
             pg_get_triggerdef(t.oid) || t.tgenabled::text || md5(p.prosrc) AS text
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
       WHERE t.tgrelid = at AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
      UNION ALL
      SELECT 'the rule ' || r.rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r
       WHERE r.ev_class = at AND r.ev_enabled IN ('O', 'A')) made), '[]') AS intercepting,
  coalesce((SELECT json_agg(policy ORDER BY policy) FROM (
      SELECT concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles::text,
               pg_get_expr(p.polqual, at), pg_get_expr(p.polwithcheck, at)) AS policy
        FROM pg_policy p WHERE p.polrelid = at AND c.relrowsecurity
      UNION ALL SELECT 'enabled' WHERE c.relrowsecurity) policies), '[]') AS policies,
  coalesce((SELECT json_object_agg(role, (
      SELECT coalesce(json_agg(wanted), '[]') FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted
       WHERE has_schema_privilege(role, c.relnamespace, 'usage')
         AND (has_table_privilege(role, at, wanted)
           OR wanted <> 'DELETE' AND has_any_column_privilege(role, at, wanted))))
    FROM unnest($2::text[]) AS role WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = role)), '{}') AS rights
  FROM unnest($1::text[]) AS given (name)
       CROSS JOIN LATERAL (SELECT CAST(to_regclass(given.name) AS oid) AS at) AS found
       LEFT JOIN pg_class c ON c.oid = at
 ORDER BY given.name`;

/** By the names that are given. */
export async function readTableFacts(
  client: pg.Client,
  tables: readonly string[],
  roles: readonly string[],
): Promise<ReadonlyMap<string, TableFacts>> {
  const { rows } = await client.query<TableFacts>(TABLE_FACTS, [tables, roles]);
  return new Map(rows.map((facts) => [facts.name, facts]));
}
