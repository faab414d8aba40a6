import type { KnownRelation, TableSizes } from '../locks/table-sizes.js';
import type {
  Catalogue,
  Dependent,
  LiveColumn,
  LiveConstraint,
  LiveDomain,
  LiveIndex,
  LiveRelation,
} from './catalogue.js';

/** A column as a statement finds it, after those before it. */
export interface ModelColumn extends LiveColumn {
  /** By which the rows that are there have it; undefined for one that a pending statement makes. */
  readonly live: string | undefined;
  /** Whether a pending statement has changed what it holds, other than by its default. */
  readonly written?: boolean;
}

/** A constraint, with the query that finds a row which breaks it where a pending statement adds it. */
export interface ModelConstraint extends LiveConstraint {
  readonly condition?: string | undefined;
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
  readonly isAlone?: boolean;
  /** Whether all its columns and constraints are known. */
  readonly isKnown: boolean;
  readonly columns: Map<string, ModelColumn>;
  readonly constraints: Map<string, ModelConstraint>;
  readonly indexes: Map<string, LiveIndex>;
  dependents: readonly Dependent[];
  /** `trigger changed`, and whether a pending statement has made it. */
  readonly attached: Map<string, { readonly isNew: boolean }>;
  readonly indexOf: string | null;
  /** The statement that has changed its rows, for a sentence: `statement 3`. */
  changedBy: string | undefined;
  isGone: boolean;
}

/** The kinds of relation that hold rows of their own, or show those of others. */
const READABLE = new Set(['r', 'p', 'f', 'v', 'm']);

export function isTable({ kind }: Relation): boolean {
  return kind === 'r' || kind === 'p' || kind === 'f';
}

export function isReadable({ kind }: Relation): boolean {
  return READABLE.has(kind);
}

/**
 * What the statements of a plan find: the live catalogue, with what the earlier ones have made of it.
 * Without a catalogue it knows what the statements have made, and of all else that it knows nothing.
 */
export class SchemaModel {
  readonly #relations = new Map<string, Relation>();
  readonly #types = new Map<string, { readonly labels: Set<string>; readonly isNew: boolean }>();
  /** Of the migration that is being judged: types that it makes, and labels that it adds, with their types. */
  readonly #ownTypes = new Set<string>();
  readonly #ownLabels = new Map<string, string>();
  readonly #domainChecks = new Map<string, Map<string, LiveDomain['checks'][string]>>();
  readonly #madeSchemas = new Set<string>();
  readonly #droppedTypes = new Set<string>();
  /** Of functions and roles. */
  readonly #newNames = new Set<string>();
  #mayHaveNewNames = false;
  #hasNewExtension = false;
  #hasUnseen = false;
  #areLabelsChanged = false;

  /** @param elsewhere without a catalogue, the tables that other files make; all else is made by the statements */
  constructor(
    private readonly catalogue: Catalogue | undefined,
    private readonly elsewhere: ReadonlySet<string> = new Set(),
  ) {
    const byOid = new Map<number, Relation>();
    for (const [name, live] of Object.entries(catalogue?.relations ?? {})) {
      if (!live) continue;
      const relation = byOid.get(live.oid) ?? fromLive(live);
      byOid.set(live.oid, relation);
      this.#relations.set(name, relation);
    }
  }

  /** Whether what it does not know is not there. */
  get isComplete(): boolean {
    return this.catalogue !== undefined;
  }

  /** Whether pending statements make an extension: what that brings is not known. */
  get hasNewExtension(): boolean {
    return this.#hasNewExtension;
  }

  /** In which things without a schema are made. */
  get currentSchema(): string {
    return this.catalogue?.currentSchema ?? 'public';
  }

  /** Whether pending statements change the labels of a type: values of it are others than the database knows. */
  get areLabelsChanged(): boolean {
    return this.#areLabelsChanged;
  }

  addExtension(): void {
    this.#hasNewExtension = true;
  }

  /** Whether a pending statement has made a function or a role of that name, or may have. */
  isNewName(name: string): boolean {
    return this.#mayHaveNewNames || this.#newNames.has(name);
  }

  /** A statement of which it is not known what it makes. */
  addUnknownNames(): void {
    this.#mayHaveNewNames = true;
  }

  addName(name: string): void {
    this.#newNames.add(name);
  }

  /** Null for one that is not there, undefined where that is not known. */
  find(name: string): Relation | null | undefined {
    const found = this.#relations.get(name);
    if (found) return found.isGone ? null : found;
    return this.isComplete && !this.#hasUnseen ? null : undefined;
  }

  /**
   * Whether, without a catalogue, no statement before has made a table or view of that name. Never of one that names its
   * schema, or that PostgreSQL itself or Holdfast may have made.
   */
  isMadeNowhere(name: string): boolean {
    if (this.isComplete || this.#hasUnseen || this.elsewhere.has(name)) return false;
    if (name.includes('.') || /^(pg|holdfast)_|_seq$/.test(name)) return false;
    return [...this.#relations].every(([own, { indexes }]) => own !== name && !indexes.has(name));
  }

  /** Something may have made tables that nobody sees here. */
  addUnseen(): void {
    this.#hasUnseen = true;
  }

  /** A table of which nothing is known. */
  assume(name: string, kind: string): Relation {
    const relation = this.add(name, kind, undefined);
    relation.isNew = false;
    return relation;
  }

  /** Whether a new relation of that name would meet another. */
  isTaken(name: string): boolean {
    const found = this.find(name);
    if (!found) return false;
    const live = this.catalogue?.relations[name];
    return found.isNew || name.includes('.') || (live?.inPath ?? true);
  }

  add(name: string, kind: string, columns: ReadonlyMap<string, ModelColumn> | undefined): Relation {
    const relation: Relation = {
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
      indexOf: null,
      changedBy: undefined,
      isGone: false,
    };
    this.#name(relation, name);
    return relation;
  }

  drop(relation: Relation): void {
    relation.isGone = true;
    const hangs = (what: string) =>
      what === `view ${relation.name}` || what.endsWith(` of ${relation.name}`);
    for (const other of this.#relations.values())
      other.dependents = other.dependents.filter(({ what }) => !hangs(what));
  }

  rename(relation: Relation, to: string): void {
    for (const [name, other] of this.#relations)
      if (other === relation) this.#relations.set(name, { ...relation, isGone: true });
    relation.name = to;
    this.#name(relation, to);
  }

  sizes(names: readonly string[]): TableSizes['relations'] {
    const known = names.flatMap((name) => {
      const relation = this.find(name);
      return relation?.isKnown ? [[name, sizeOf(relation)] as const] : [];
    });
    return Object.fromEntries(known);
  }

  /** Another migration begins; the one before it is committed. */
  commit(): void {
    this.#ownTypes.clear();
    this.#ownLabels.clear();
  }

  /** Labels that the present migration has added, with their types. */
  uncommittedLabels(): ReadonlyMap<string, string> {
    return this.#ownLabels;
  }

  /** What was made is in use from now on: the migration that made it has been applied. */
  settle(): void {
    for (const relation of this.#relations.values()) {
      relation.isNew = false;
      relation.changedBy = undefined;
      for (const what of relation.attached.keys()) relation.attached.set(what, { isNew: false });
      for (const [name, column] of relation.columns)
        relation.columns.set(name, { ...column, live: name, written: false });
    }
    for (const [name, type] of this.#types) this.#types.set(name, { ...type, isNew: false });
  }

  /** False for one that is not there, undefined where that is not known. */
  hasSchema(name: string): boolean | undefined {
    if (this.#madeSchemas.has(name)) return true;
    return this.catalogue ? this.catalogue.schemas.includes(name) : undefined;
  }

  addSchema(name: string): void {
    this.#madeSchemas.add(name);
  }

  /** False for one that is not there, undefined where that is not known. */
  hasType(name: string): boolean | undefined {
    if (this.#types.has(name)) return true;
    if (this.#droppedTypes.has(name)) return false;
    const known = this.catalogue?.types[name];
    return known === undefined ? undefined : known !== null;
  }

  isNewType(name: string): boolean {
    return this.#types.get(name)?.isNew === true;
  }

  addType(name: string, labels: readonly string[] = []): void {
    this.#ownTypes.add(name);
    this.#types.set(name, { labels: new Set(labels), isNew: true });
    this.#droppedTypes.delete(name);
  }

  addLabel(type: string, label: string, instead: string | undefined): void {
    this.#areLabelsChanged = true;
    if (instead === undefined && !this.#ownTypes.has(type)) this.#ownLabels.set(label, type);
    const labels = this.labelsOf(type).filter((each) => each !== instead);
    this.#types.set(type, { labels: new Set([...labels, label]), isNew: this.isNewType(type) });
  }

  dropType(name: string): void {
    this.#types.delete(name);
    this.#droppedTypes.add(name);
  }

  labelsOf(type: string): readonly string[] {
    return [...(this.#types.get(type)?.labels ?? this.catalogue?.types[type]?.labels ?? [])];
  }

  /** As the database has it. */
  domain(name: string): LiveDomain | undefined {
    return this.catalogue?.types[name]?.domain ?? undefined;
  }

  /** The constraints of a domain by name, as far as they are known. */
  checksOf(domain: string): Map<string, LiveDomain['checks'][string]> {
    const found = this.#domainChecks.get(domain);
    if (found) return found;
    const checks = new Map(Object.entries(this.domain(domain)?.checks ?? {}));
    this.#domainChecks.set(domain, checks);
    return checks;
  }

  /** By the name that the database has for it; null for one that is dropped, undefined for one that no statement names. */
  ofLive(table: string): Relation | null | undefined {
    const all = [...this.#relations.values()].filter(({ live }) => live === table);
    return all.find(({ isGone }) => !isGone) ?? (all.length > 0 ? null : undefined);
  }

  usersOf(type: string): readonly string[] {
    return this.isNewType(type) ? [] : (this.catalogue?.types[type]?.usedBy ?? []);
  }

  /** A relation is found with its schema and without, where that is the one that things are made in. */
  #name(relation: Relation, name: string): void {
    this.#relations.set(name, relation);
    const schema = this.currentSchema;
    if (!name.includes('.')) this.#relations.set(`${schema}.${name}`, relation);
    else if (name.startsWith(`${schema}.`))
      this.#relations.set(name.slice(schema.length + 1), relation);
  }
}

function sizeOf({ name, kind, indexOf, columns }: Relation): KnownRelation {
  const described = [...columns].map(([column, { type, modifiers, notNull }]) => [
    column,
    { type, modifiers, notNull, virtual: false },
  ]);
  return {
    table: name,
    kind,
    indexOf,
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

function fromLive(live: LiveRelation): Relation {
  const columns = Object.entries(live.columns).map(
    ([name, column]) => [name, { ...column, live: name }] as const,
  );
  return {
    name: live.table,
    kind: live.kind,
    isNew: false,
    live: live.table,
    isKnown: true,
    columns: new Map(columns),
    constraints: new Map(Object.entries(live.constraints)),
    indexes: new Map(Object.entries(live.indexes)),
    dependents: live.dependents,
    attached: new Map(live.attached.map((what) => [what, { isNew: false }])),
    indexOf: live.indexOf,
    changedBy: undefined,
    isGone: false,
  };
}
