import type { KnownRelation } from '../locks/table-sizes.js';
import { nameOf } from '../parser/syntax-tree.js';
import type {
  Dependent,
  LiveColumn,
  LiveConstraint,
  LiveIndex,
  LiveRelation,
} from './catalogue.js';

/** A column as a statement finds it, after those before it. */
export interface ModelColumn extends LiveColumn {
  /** By which the rows that are there have it; undefined for one that a pending statement makes. */
  readonly live: string | undefined;
  /** Whether a pending statement has changed what it holds, other than by its default. */
  readonly written?: boolean;
  /** Whether it has another default than the database knows, or none any more. */
  readonly isDefaultChanged?: boolean;
  /** Of a default that a pending statement gives: which one it is. */
  readonly default?: symbol;
  /** That a pending statement has made for it. */
  readonly sequence?: Relation;
}

/** A constraint, with the query that finds a row which breaks it where a pending statement adds it. */
export interface ModelConstraint extends LiveConstraint {
  readonly condition?: string | undefined;
  /** By which the database has it; undefined for one that a pending statement makes. */
  readonly live?: string | undefined;
}

/** What keeps a relation, or a column of it, from being dropped. */
export interface ModelDependent extends Pick<Dependent, 'what' | 'column' | 'index'> {
  /** The relation that needs it, where the statements name that. */
  readonly owner: Relation | undefined;
  /** False once an earlier statement has dropped or changed what needs it. */
  readonly isThere: () => boolean;
}

/** A column that holds rows of a table as values. */
export interface RowHolder {
  /** For a sentence: `orders.owner`. */
  readonly what: string;
  readonly isThere: () => boolean;
}

/** A table, view, index or sequence as a statement finds it, after those before it. */
export interface Relation {
  name: string;
  readonly kind: string;
  /** Made by a pending statement: empty, and nobody uses it. */
  isNew: boolean;
  /** By which the rows that are there can be read; undefined where there are none, or no database. */
  readonly live: string | undefined;
  /** Whether the tables that inherit from it are left out: `ONLY`. */
  isAlone?: boolean;
  /** Whether all its columns and constraints are known. */
  readonly isKnown: boolean;
  /** In their order. */
  readonly columns: Map<string, ModelColumn>;
  readonly constraints: Map<string, ModelConstraint>;
  readonly indexes: Map<string, LiveIndex>;
  dependents: readonly ModelDependent[];
  /** Of the database; undefined for one that a pending statement makes. */
  readonly oid: number | undefined;
  /** That it inherits from, or is a partition of; those that the statements name. */
  readonly parents: Set<Relation>;
  isPartition: boolean;
  hasDefaultPartition: boolean;
  rowHolders: readonly RowHolder[];
  /** By name, the rules that do something `INSTEAD`. */
  readonly insteadOf: Map<string, LiveRelation['insteadOf'][string]>;
  /** Of a view: a pending statement has given it another query. */
  isRedefined: boolean;
  readonly isTemporary: boolean;
  /** Of an index or a sequence: whether what it is a part of is there no more. */
  isGoneWithOwner: () => boolean;
  /** `trigger changed`, and whether a pending statement has made it. */
  readonly attached: Map<string, { readonly isNew: boolean }>;
  /** Of an index. */
  ofTable: Relation | undefined;
  /** The statement that has changed its rows, for a sentence: `statement 3`. */
  changedBy: string | undefined;
  isGone: boolean;
}

/** The kinds of relation that hold rows of their own, or show those of others. */
const READABLE = new Set(['r', 'p', 'f', 'v', 'm']);

/** What needs the relation at this place of the plan. */
export function needing({ dependents }: Relation): readonly ModelDependent[] {
  return dependents.filter(({ isThere }) => isThere());
}

export function isGone({ isGone, isGoneWithOwner }: Relation): boolean {
  return isGone || isGoneWithOwner();
}

/** Without its schema, and quoted where it is. */
export function plainName(name: string): string {
  return /("(?:[^"]|"")*"|[^".]+)$/.exec(name)?.[0] ?? name;
}

/** The place of a name before its own: `audit.`, or nothing. */
export function schemaPart(name: string): string {
  return name.slice(0, name.length - plainName(name).length);
}

/** A name in the schema of the table. */
export function besideTable({ name }: Relation, own: string): string {
  return `${schemaPart(name)}${nameOf([own])}`;
}

export function isTable({ kind }: Relation): boolean {
  return kind === 'r' || kind === 'p' || kind === 'f';
}

export function isReadable({ kind }: Relation): boolean {
  return READABLE.has(kind);
}

/** One that a pending statement makes; without columns where those are not known. */
export function newRelation(
  name: string,
  kind: string,
  columns: ReadonlyMap<string, ModelColumn> | undefined,
  isTemporary = false,
): Relation {
  return {
    name,
    kind,
    isNew: true,
    live: undefined,
    isKnown: columns !== undefined,
    columns: new Map(columns),
    constraints: new Map(),
    indexes: new Map(),
    dependents: [],
    attached: new Map(),
    ofTable: undefined,
    changedBy: undefined,
    isGone: false,
    oid: undefined,
    parents: new Set(),
    isPartition: false,
    hasDefaultPartition: false,
    rowHolders: [],
    insteadOf: new Map(),
    isRedefined: false,
    isTemporary,
    isGoneWithOwner: () => false,
  };
}

export function sizeOf({ name, kind, ofTable, columns }: Relation): KnownRelation {
  const described = [...columns].map(([column, { type, modifiers, notNull }]) => [
    column,
    { type, modifiers, notNull, virtual: false },
  ]);
  return {
    table: name,
    kind,
    indexOf: ofTable?.name ?? null,
    rows: 0,
    bytes: 0,
    partitions: 0,
    unlogged: false,
    columns: Object.fromEntries(described) as KnownRelation['columns'],
    references: [],
    referencedBy: [],
    parents: [],
  };
}

/** As the database has it; what needs it is not known yet. */
export function fromLive(live: LiveRelation): Relation {
  const columns = Object.entries(live.columns)
    .toSorted(([, { position: one = 0 }], [, { position: other = 0 }]) => one - other)
    .map(([name, column]) => [name, { ...column, live: name }] as const);
  return {
    name: live.table,
    kind: live.kind,
    isNew: false,
    live: live.table,
    isKnown: true,
    columns: new Map(columns),
    constraints: new Map(
      Object.entries(live.constraints).map(([name, one]) => [name, { ...one, live: name }]),
    ),
    indexes: new Map(Object.entries(live.indexes)),
    dependents: [],
    oid: live.oid,
    parents: new Set(),
    isPartition: live.isPartition,
    hasDefaultPartition: live.hasDefaultPartition,
    rowHolders: [],
    insteadOf: new Map(Object.entries(live.insteadOf)),
    isRedefined: false,
    isTemporary: false,
    isGoneWithOwner: () => false,
    attached: new Map(live.attached.map((what) => [what, { isNew: false }])),
    ofTable: undefined,
    changedBy: undefined,
    isGone: false,
  };
}
