import type { Node } from 'libpg-query';
import { effectsOf } from '../locks/lock-levels.js';
import { NO_SIZES } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, nameOf, partsOf, rangesIn, relationName } from '../parser/syntax-tree.js';

/** A column as the catalogue has it. */
export interface LiveColumn {
  /** `typname`; an array's begins with `_`. */
  readonly type: string;
  /** Length, or precision and scale; empty without. */
  readonly modifiers: readonly number[];
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly identity: boolean;
  readonly generated: boolean;
}

export interface LiveConstraint {
  /** `contype` of `pg_constraint`. */
  readonly type: string;
  readonly columns: readonly string[];
  readonly valid: boolean;
  /** The condition of a CHECK; null for any other, and while its table is locked. */
  readonly check: string | null;
  /** The other end of a foreign key. */
  readonly references: { readonly table: string; readonly columns: readonly string[] } | null;
}

export interface LiveIndex {
  readonly unique: boolean;
  readonly valid: boolean;
  /** Whether two rows may be the same until the commit. */
  readonly deferrable?: boolean;
  /** Plain columns alone: not of an index of expressions, or of a part of the rows. */
  readonly columns: readonly string[] | null;
  /** That it belongs to. */
  readonly constraint: string | null;
}

/** What a column, or the whole table, keeps from being dropped. */
export interface Dependent {
  /** For a sentence: `view order_codes`. */
  readonly what: string;
  /** Null where it hangs on the table as a whole. */
  readonly column: string | null;
}

export interface LiveRelation {
  readonly oid: number;
  /** As PostgreSQL prints it, with the schema where the search path needs it. */
  readonly table: string;
  /** `relkind` */
  readonly kind: string;
  /** Whether an unqualified CREATE would meet it. */
  readonly inPath: boolean;
  readonly columns: Readonly<Record<string, LiveColumn>>;
  readonly constraints: Readonly<Record<string, LiveConstraint>>;
  readonly indexes: Readonly<Record<string, LiveIndex>>;
  readonly dependents: readonly Dependent[];
  /** `trigger changed`, `rule log_it`, `policy own_rows` */
  readonly attached: readonly string[];
  /** Of an index, its table. */
  readonly indexOf: string | null;
}

/** A domain, and where its values are stored. */
export interface LiveDomain {
  /** The type that it is made of, as SQL takes it. */
  readonly base: string;
  readonly checks: Readonly<
    Record<string, { readonly check: string | null; readonly valid: boolean }>
  >;
  /** Those of domains that are made of it as well. */
  readonly columns: readonly { readonly table: string; readonly column: string }[];
  /** Columns of arrays of it, for a sentence. */
  readonly arrays: readonly string[];
}

export interface LiveType {
  /** Of an enumeration. */
  readonly labels: readonly string[];
  readonly usedBy: readonly string[];
  /** Null for what is none. */
  readonly domain: LiveDomain | null;
}

/** What the database knows of the names in statements. */
export interface Catalogue {
  /** Every name that was asked for; null where there is nothing. */
  readonly relations: Readonly<Record<string, LiveRelation | null>>;
  /** Types by name without schema; null where there is none. */
  readonly types: Readonly<Record<string, LiveType | null>>;
  readonly schemas: readonly string[];
  readonly currentSchema: string;
}

/** Names, as `to_regclass` takes them, of all relations that the statements speak of. */
export function relationsNamed(statements: readonly Statement[]): string[] {
  const names = new Set<string>();
  for (const statement of statements) {
    const { node } = statement;
    for (const range of rangesIn(node)) names.add(relationName(range));
    const { touches, makes = [], drops = [], renames } = effectsOf(statement, NO_SIZES);
    for (const { relation } of touches) names.add(relation);
    for (const name of [...makes, ...drops]) names.add(name);
    if (renames) names.add(renames.to);
    const index = asNode(node, 'IndexStmt');
    if (index?.idxname !== undefined) names.add(besides(index.relation?.schemaname, index.idxname));
    for (const object of asNode(node, 'DropStmt')?.objects ?? [])
      names.add(nameOf(partsOf(object)));
    const renamed = asNode(node, 'RenameStmt');
    if (renamed?.newname !== undefined)
      names.add(besides(renamed.relation?.schemaname, renamed.newname));
    const altered = asNode(node, 'AlterTableStmt');
    for (const { def } of allOf(altered?.cmds, 'AlterTableCmd')) {
      const constraint = asNode(def, 'Constraint');
      for (const name of [constraint?.conname, constraint?.indexname])
        if (name !== undefined) names.add(besides(altered?.relation?.schemaname, name));
    }
  }
  names.delete('');
  return [...names];
}

/** A name in the schema of another. */
export function besides(schema: string | undefined, name: string): string {
  return nameOf(schema === undefined ? [name] : [schema, name]);
}

/** Names, without schema, of the types that the statements speak of, those of columns included. */
export function typesNamed(statements: readonly Statement[]): string[] {
  const names = new Set<string>();
  visit(
    statements.map(({ node }) => node),
    (list) => {
      const name = partsOf({ List: { items: list } }).at(-1);
      if (name !== undefined) names.add(name);
    },
  );
  return [...names];
}

/** Every list of names that may be a type's. */
function visit(tree: unknown, look: (names: Node[]) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  const { names, typeName, domainname, object } = tree as Record<string, unknown>;
  const items = asNode(object as Node | undefined, 'List')?.items;
  for (const each of [names, typeName, domainname, items])
    if (Array.isArray(each)) look(each as Node[]);
  for (const child of Object.values(tree)) visit(child, look);
}

/** Runs one query, for example a bound `pg.Client.query`. */
export type Ask = (
  sql: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly { readonly known: Catalogue }[] }>;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Looks up what the statements name, in one query. Conditions of CHECK constraints are left out while
 * one of the tables is locked for longer than `lock_timeout`.
 */
export async function readCatalogue(
  ask: Ask,
  statements: readonly Statement[],
): Promise<Catalogue> {
  const values = [relationsNamed(statements), typesNamed(statements)];
  const read = async (withConditions: boolean) => {
    const { rows } = await ask(CATALOGUE, [...values, withConditions]);
    if (!rows[0]) throw new TypeError('the catalogue answers nothing');
    return rows[0].known;
  };
  try {
    return await read(true);
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    return read(false);
  }
}

const NAMES_OF = (relation: string, keys: string) =>
  `(SELECT coalesce(jsonb_agg(a.attname ORDER BY n.place), '[]')
      FROM unnest(${keys}) WITH ORDINALITY AS n (attnum, place)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = n.attnum)`;

const CATALOGUE = `
WITH named AS (
  SELECT name, to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name
), known AS (
  SELECT name, oid FROM named
  UNION SELECT k.confrelid::regclass::text, k.confrelid FROM named JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = named.oid
  UNION SELECT i.indrelid::regclass::text, i.indrelid FROM named JOIN pg_index i ON i.indexrelid = named.oid
), asked AS (
  SELECT DISTINCT c.oid, c.relkind, c.relnamespace, c.relpersistence FROM known JOIN pg_class c ON c.oid = known.oid
), hanging AS (
  SELECT d.refobjid AS oid, 'view ' || r.ev_class::regclass::text AS what, a.attname
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid
    JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> asked.oid
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
  UNION
  SELECT d.refobjid, 'generated column ' || g.attname, a.attname
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid AND d.refobjsubid > 0
    JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid AND e.adrelid = asked.oid
    JOIN pg_attribute g ON g.attrelid = e.adrelid AND g.attnum = e.adnum AND g.attgenerated <> '' AND g.attnum <> d.refobjsubid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  UNION
  SELECT k.confrelid, format('foreign key %s of %s', k.conname, k.conrelid::regclass), a.attname
    FROM asked JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = asked.oid AND k.conrelid <> asked.oid
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
  UNION
  SELECT d.refobjid, 'column ' || e.adrelid::regclass || '.' || a.attname, NULL
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid AND asked.relkind = 'S'
    JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
    JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  UNION
  SELECT i.inhparent, 'table ' || i.inhrelid::regclass, NULL
    FROM asked JOIN pg_inherits i ON i.inhparent = asked.oid JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
), relations AS (
  SELECT c.oid, jsonb_build_object(
    'oid', c.oid::int8, 'table', c.oid::regclass::text, 'kind', c.relkind,
    'inPath', c.relnamespace = current_schema()::regnamespace OR c.relpersistence = 't',
    'indexOf', (SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = c.oid),
    'columns', (SELECT coalesce(jsonb_object_agg(a.attname, jsonb_build_object('type', t.typname,
        'modifiers', coalesce(string_to_array(
          substring(format_type(a.atttypid, a.atttypmod) FROM '[(]([0-9,]+)[)]'), ',')::int[], '{}'),
        'notNull', a.attnotnull, 'hasDefault', a.atthasdef, 'identity', a.attidentity <> '',
        'generated', a.attgenerated <> '')), '{}')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'constraints', (SELECT coalesce(jsonb_object_agg(k.conname, jsonb_build_object(
        'type', k.contype, 'valid', k.convalidated, 'columns', ${NAMES_OF('k.conrelid', 'k.conkey')},
        'check', CASE WHEN $3::boolean AND k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
        'references', CASE WHEN k.contype = 'f' THEN jsonb_build_object(
          'table', k.confrelid::regclass::text, 'columns', ${NAMES_OF('k.confrelid', 'k.confkey')}) END)), '{}')
      FROM pg_constraint k WHERE k.conrelid = c.oid),
    'indexes', (SELECT coalesce(jsonb_object_agg(x.relname, jsonb_build_object(
        'unique', i.indisunique, 'valid', i.indisvalid, 'deferrable', NOT i.indimmediate,
        'constraint', (SELECT conname FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')),
        'columns', CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL
          THEN ${NAMES_OF('c.oid', 'i.indkey::int2[]')} END)), '{}')
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid),
    'dependents', (SELECT coalesce(jsonb_agg(jsonb_build_object('what', what, 'column', attname)), '[]')
      FROM hanging WHERE hanging.oid = c.oid),
    'attached', (SELECT coalesce(jsonb_agg(what), '[]') FROM (
      SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
      UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = c.oid
      UNION ALL SELECT 'policy ' || polname FROM pg_policy WHERE polrelid = c.oid) AS all_of_it (what))) AS facts
    FROM asked c
)
SELECT jsonb_build_object(
  'relations', (SELECT coalesce(jsonb_object_agg(name, facts), '{}') FROM known LEFT JOIN relations USING (oid)),
  'types', (SELECT coalesce(jsonb_object_agg(name, facts), '{}') FROM (
    SELECT name, (SELECT jsonb_build_object(
      'labels', (SELECT coalesce(jsonb_agg(e.enumlabel), '[]') FROM pg_enum e
        JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = name),
      'usedBy', (SELECT coalesce(jsonb_agg(DISTINCT a.attrelid::regclass || '.' || a.attname), '[]')
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
       WHERE name IN (t.typname, substring(t.typname FROM 2)) AND t.typnamespace <> 'pg_catalog'::regnamespace
         AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND t.typrelid <> c.oid),
      'domain', (SELECT jsonb_build_object(
          'base', format_type(t.typbasetype, t.typtypmod),
          'checks', (SELECT coalesce(jsonb_object_agg(k.conname, jsonb_build_object(
              'check', CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, 0) END, 'valid', k.convalidated)), '{}')
            FROM pg_constraint k WHERE k.contypid = t.oid),
          'columns', (WITH RECURSIVE own (oid) AS (
              SELECT t.oid UNION SELECT d.oid FROM pg_type d JOIN own ON d.typbasetype = own.oid AND d.typtype = 'd')
            SELECT coalesce(jsonb_agg(jsonb_build_object('table', a.attrelid::regclass::text, 'column', a.attname)), '[]')
              FROM own JOIN pg_attribute a ON a.atttypid = own.oid JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relkind IN ('r', 'm') AND NOT a.attisdropped),
          'arrays', (SELECT coalesce(jsonb_agg(a.attrelid::regclass || '.' || a.attname), '[]')
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           WHERE a.atttypid = t.typarray AND c.relkind IN ('r', 'p', 'm') AND NOT a.attisdropped))
        FROM pg_type t WHERE t.typname = name AND t.typtype = 'd' ORDER BY pg_type_is_visible(t.oid) DESC LIMIT 1))
      WHERE EXISTS (SELECT FROM pg_type WHERE typname = name)) AS facts
      FROM unnest($2::text[]) AS name) AS named_types),
  'schemas', (SELECT jsonb_agg(nspname) FROM pg_namespace),
  'currentSchema', coalesce(current_schema(), '')
) AS known`;
