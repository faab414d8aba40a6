import { allOf, asNode, nameOf, partsOf, relationName, textsOf } from '../parser/syntax-tree.js';
import type { Statement } from '../parser/statements.js';

/** Something of the database that goes when something else is dropped. */
export interface Dependency {
  readonly kind:
    'relation' | 'column' | 'constraint' | 'default' | 'attached' | 'type' | 'function' | 'schema';
  /** Of a relation, or of the one that it is a part of. */
  readonly oid: number | null;
  /** `trigger changed` of what is attached. */
  readonly name: string;
  /** Whether it goes with CASCADE alone. */
  readonly cascades: boolean;
}

/** By what is dropped, as `keyOf` writes it. */
export type Dependencies = Readonly<Record<string, readonly Dependency[]>>;

/** What is dropped: a relation or a part of it by its oid, a type or a schema by its name. */
export function keyOf(kind: Root['kind'], name: string | number, part = ''): string {
  return `${kind} ${name} ${part}`;
}

/** Something that may be dropped, by the name that the database has for it. */
interface Root {
  readonly kind: 'relation' | 'column' | 'constraint' | 'type' | 'schema';
  readonly name: string;
  readonly part: string;
}

type Ask = (
  sql: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly { readonly dependencies?: Dependencies }[] }>;

/** Looks up, in one query of the catalogue alone, what would go with what the statements drop. */
export async function readDependencies(
  ask: Ask,
  statements: readonly Statement[],
): Promise<Dependencies> {
  const roots = rootsOf(statements);
  if (roots.length === 0) return {};
  const { rows } = await ask(DEPENDENCIES, [JSON.stringify(roots)]);
  return rows[0]?.dependencies ?? {};
}

/** Also under the names that they have before an earlier statement gives them others. */
function rootsOf(statements: readonly Statement[]): readonly Root[] {
  const found = new Map<string, Root>();
  const tables = new Set<string>();
  const parts = new Set<string>();
  const add = (kind: Root['kind'], name: string, part = '') =>
    found.set(keyOf(kind, name, part), { kind, name, part });
  for (const { node } of statements) {
    const { removeType = '', objects = [] } = asNode(node, 'DropStmt') ?? {};
    for (const object of objects) {
      if (removeType === 'OBJECT_SCHEMA') add('schema', partsOf(object).join('.'));
      else if (removeType === 'OBJECT_TYPE' || removeType === 'OBJECT_DOMAIN')
        add('type', nameOf(textsOf(asNode(object, 'TypeName')?.names)));
      else if (partsOf(object).length > 0) add('relation', nameOf(partsOf(object)));
    }
    const renamed = asNode(node, 'RenameStmt');
    const range =
      renamed?.relation ??
      asNode(node, 'AlterObjectSchemaStmt')?.relation ??
      asNode(node, 'AlterTableStmt')?.relation;
    if (range) tables.add(relationName(range));
    if (renamed?.subname !== undefined) parts.add(renamed.subname);
    for (const { subtype, name } of allOf(asNode(node, 'AlterTableStmt')?.cmds, 'AlterTableCmd'))
      if (name !== undefined && (subtype === 'AT_DropColumn' || subtype === 'AT_DropConstraint'))
        parts.add(name);
  }
  const drops = found.size > 0;
  for (const table of tables) {
    if (drops) add('relation', table);
    for (const part of parts) {
      add('column', table, part);
      add('constraint', table, part);
    }
  }
  return [...found.values()];
}

/** As the server follows `pg_depend`; what it drops by itself, and what CASCADE drops. */
const DEPENDENCIES = `
WITH RECURSIVE asked AS (
  SELECT kind, name, part, CASE WHEN kind IN ('relation', 'column', 'constraint') THEN to_regclass(name)::oid END AS relation
    FROM jsonb_to_recordset($1::jsonb) AS asked (kind text, name text, part text)
), roots (key, classid, objid, objsubid) AS (
  SELECT 'relation ' || relation || ' ', 'pg_class'::regclass::oid, relation, 0 FROM asked WHERE kind = 'relation' AND relation IS NOT NULL
  UNION ALL (
    WITH RECURSIVE own (key, oid, part) AS (
      SELECT 'column ' || relation || ' ' || part, relation, part::name FROM asked WHERE kind = 'column' AND relation IS NOT NULL
      UNION SELECT 'column ' || a.attrelid || ' ' || own.part, a.attrelid, own.part FROM own JOIN pg_inherits i ON i.inhparent = own.oid
        JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = own.part AND NOT a.attislocal AND a.attinhcount = 1
    ) SELECT key, 'pg_class'::regclass::oid, a.attrelid, a.attnum::int
        FROM own JOIN pg_attribute a ON a.attrelid = own.oid AND a.attname = own.part AND a.attnum > 0 AND NOT a.attisdropped)
  UNION ALL
  SELECT 'constraint ' || relation || ' ' || part, 'pg_constraint'::regclass::oid, k.oid, 0
    FROM asked JOIN pg_constraint k ON k.conrelid = relation AND k.conname = part WHERE kind = 'constraint'
  UNION ALL
  SELECT 'type ' || name || ' ', 'pg_type'::regclass::oid, to_regtype(name)::oid, 0 FROM asked WHERE kind = 'type' AND to_regtype(name) IS NOT NULL
  UNION ALL
  SELECT 'schema ' || name || ' ', 'pg_namespace'::regclass::oid, n.oid, 0 FROM asked JOIN pg_namespace n ON n.nspname = name WHERE kind = 'schema'
), reached (key, classid, objid, objsubid, cascades) AS (
  SELECT key, classid, objid, objsubid, false FROM roots
  UNION
  SELECT r.key, d.classid, d.objid, d.objsubid, r.cascades OR d.deptype = 'n'
    FROM reached r CROSS JOIN LATERAL (
      SELECT classid, objid, objsubid, deptype FROM pg_depend
       WHERE refclassid = r.classid AND refobjid = r.objid AND (r.objsubid = 0 OR refobjsubid = r.objsubid)
      UNION ALL
      SELECT refclassid, refobjid, refobjsubid, 'i' FROM pg_depend
       WHERE classid = r.classid AND objid = r.objid AND objsubid = r.objsubid AND deptype = 'i' AND r.objsubid = 0
    ) AS d
), found AS (
  SELECT key, classid, objid, objsubid, bool_and(cascades) AS cascades FROM reached
   WHERE (key, classid, objid, objsubid) NOT IN (SELECT key, classid, objid, objsubid FROM roots WHERE key NOT LIKE 'column %') GROUP BY 1, 2, 3, 4
), told (key, kind, oid, name, cascades) AS (
  SELECT key, 'relation', c.oid, c.relname::text, cascades
    FROM found JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid AND objsubid = 0 AND c.relkind <> 'c'
  UNION ALL
  SELECT key, 'column', a.attrelid, a.attname, cascades
    FROM found JOIN pg_attribute a ON classid = 'pg_class'::regclass AND a.attrelid = objid AND a.attnum = objsubid AND objsubid > 0
  UNION ALL
  SELECT key, 'default', e.adrelid, a.attname, cascades FROM found
    JOIN pg_attrdef e ON classid = 'pg_attrdef'::regclass AND e.oid = objid JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  UNION ALL
  SELECT key, 'constraint', k.conrelid, k.conname, cascades FROM found JOIN pg_constraint k ON classid = 'pg_constraint'::regclass AND k.oid = objid
  UNION ALL
  SELECT key, 'attached', t.tgrelid, 'trigger ' || t.tgname, cascades
    FROM found JOIN pg_trigger t ON classid = 'pg_trigger'::regclass AND t.oid = objid AND NOT t.tgisinternal
  UNION ALL
  SELECT key, 'attached', w.ev_class, 'rule ' || w.rulename, cascades FROM found JOIN pg_rewrite w ON classid = 'pg_rewrite'::regclass AND w.oid = objid
  UNION ALL
  SELECT key, 'attached', p.polrelid, 'policy ' || p.polname, cascades FROM found JOIN pg_policy p ON classid = 'pg_policy'::regclass AND p.oid = objid
  UNION ALL
  SELECT key, 'type', NULL, t.typname, cascades FROM found JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid AND t.typcategory <> 'A'
  UNION ALL
  SELECT key, 'function', NULL, f.proname, cascades FROM found JOIN pg_proc f ON classid = 'pg_proc'::regclass AND f.oid = objid
  UNION ALL
  SELECT key, 'schema', NULL, n.nspname, cascades FROM found JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND n.oid = objid
)
SELECT coalesce(jsonb_object_agg(key, all_of_it), '{}') AS dependencies FROM (
  SELECT key, jsonb_agg(jsonb_build_object('kind', kind, 'oid', oid::int8, 'name', name, 'cascades', cascades)) AS all_of_it FROM told GROUP BY key
) AS by_key`;
