import type { Node } from 'libpg-query';
import { effectsOf } from '../locks/lock-levels.js';
import { NO_SIZES } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, nameOf, partsOf, rangesIn, relationName } from '../parser/syntax-tree.js';
import { madeRange } from '../trial/trial-kinds.js';
import { CATALOGUE } from './catalogue-sql.js';
import { commentedRelation } from './commented-relation.js';
import type { Dependencies } from './dependencies.js';

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
  /** `attnum`; undefined of one that a statement makes. */
  readonly position?: number;
  /** From how many parents it comes; none of them where undefined. */
  readonly inherited?: number;
  /** Whether it stays when no parent has it any more. */
  readonly isLocal?: boolean;
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
  /** As of a column. */
  readonly inherited?: number;
  readonly isLocal?: boolean;
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
  /** Of a foreign key: the index that it needs. */
  readonly index?: string | null;
  /** The relation that needs it, by its oid, and what of that: a constraint, or the default of a column. */
  readonly by?: {
    readonly oid: number;
    readonly constraint: string | null;
    readonly column: string | null;
  };
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
  /** The oids of the tables that it inherits from, or is a partition of. */
  readonly parents: readonly number[];
  readonly isPartition: boolean;
  readonly hasDefaultPartition: boolean;
  /** One of PostgreSQL's own: without a schema its name means no other. */
  readonly isOfServer: boolean;
  /** Columns of tables that hold its rows as values. */
  readonly rowUsers: readonly RowUser[];
  /** By name, what rules do `INSTEAD` of `insert`, `update` or `delete`, and whether they answer `RETURNING`. */
  readonly insteadOf: Readonly<
    Record<string, { readonly event: string; readonly returns: boolean }>
  >;
}

/** A column of the row type of a table. */
export interface RowUser {
  readonly oid: number;
  readonly table: string;
  readonly column: string;
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
  /** That have a type of that name, the row types of tables included. */
  readonly schemas: readonly string[];
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
  readonly dependencies?: Dependencies;
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
    const commented = commentedRelation(node);
    if (commented) names.add(commented.relation);
    const made = asNode(node, 'CreateStmt');
    for (const key of constraintsIn(made?.tableElts))
      names.add(besides(made?.relation?.schemaname, key));
    const renamed = asNode(node, 'RenameStmt');
    if (renamed?.newname !== undefined)
      names.add(besides(renamed.relation?.schemaname, renamed.newname));
    const altered = asNode(node, 'AlterTableStmt');
    for (const { def } of allOf(altered?.cmds, 'AlterTableCmd')) {
      const constraint = asNode(def, 'Constraint');
      const own = constraintsIn(asNode(def, 'ColumnDef')?.constraints);
      for (const name of [constraint?.conname, constraint?.indexname, ...own])
        if (name !== undefined) names.add(besides(altered?.relation?.schemaname, name));
    }
  }
  names.delete('');
  return [...names];
}

/** Names of the constraints in definitions, those of columns included: keys have indexes of these names. */
function constraintsIn(definitions: readonly Node[] | undefined): readonly string[] {
  const ofColumns = allOf(definitions, 'ColumnDef').flatMap(({ constraints }) => constraints ?? []);
  return allOf([...(definitions ?? []), ...ofColumns], 'Constraint').flatMap(
    ({ conname }) => conname ?? [],
  );
}

/** A name in the schema of another. */
export function besides(schema: string | undefined, name: string): string {
  return nameOf(schema === undefined ? [name] : [schema, name]);
}

/** Names, without schema, of the types that the statements speak of, those of columns and of new tables included. */
export function typesNamed(statements: readonly Statement[]): string[] {
  const names = new Set<string>();
  visit(
    statements.map(({ node }) => node),
    (list) => {
      const name = partsOf({ List: { items: list } }).at(-1);
      if (name !== undefined) names.add(name);
    },
  );
  for (const { node } of statements) {
    const made = madeRange(node)?.relname;
    if (made !== undefined) names.add(made);
  }
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
