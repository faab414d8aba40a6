import type { TableSizes } from '../locks/table-sizes.js';
import type { Catalogue, LiveDomain } from './catalogue.js';
import type { Dependencies } from './dependencies.js';
import { exactly, givenName, type GivenName, within } from './given-names.js';
import { liveDependents, liveHolders, type Dropped } from './live-dependents.js';
import {
  fromLive,
  isGone,
  isReadable,
  type ModelColumn,
  newRelation,
  plainName,
  type Relation,
  sizeOf,
} from './relation.js';
import { unquoted } from './statement-parts.js';

/**
 * What the statements of a plan find: the live catalogue, with what the earlier ones have made of it.
 * Without a catalogue it knows what the statements have made, and of all else that it knows nothing.
 */
export class SchemaModel {
  readonly #relations = new Map<string, Relation>();
  readonly #types = new Map<
    string,
    { readonly labels: Set<string>; readonly isNew: boolean; readonly schema: string }
  >();
  /** Of the migration that is being judged: types that it makes, and labels that it adds, with their types. */
  readonly #ownTypes = new Set<string>();
  readonly #ownLabels = new Map<string, string>();
  readonly #domainChecks = new Map<string, Map<string, LiveDomain['checks'][string]>>();
  readonly #madeSchemas = new Set<string>();
  readonly #droppedSchemas = new Set<string>();
  readonly #byOid = new Map<number, Relation>();
  readonly #temporary = new Map<string, Relation>();
  /** Of relations that no statement names, and of columns and constraints: what CASCADE has dropped. */
  readonly #dropped: Dropped = { oids: new Set(), columns: new Set(), constraints: new Set() };
  /** Names that the server may have given to what statements make, or that are not followed. */
  readonly #unsure: RegExp[] = [];
  readonly #droppedTypes = new Set<string>();
  readonly #forgottenTypes = new Set<string>();
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
    const byOid = this.#byOid;
    const all = Object.entries(catalogue?.relations ?? {});
    for (const [name, live] of all) {
      if (!live) continue;
      const relation = byOid.get(live.oid) ?? fromLive(live);
      byOid.set(live.oid, relation);
      this.#relations.set(name, relation);
    }
    for (const [, live] of all) {
      const relation = live && byOid.get(live.oid);
      if (!live || !relation) continue;
      for (const oid of live.parents) {
        const parent = byOid.get(oid);
        if (parent) relation.parents.add(parent);
      }
      relation.dependents = liveDependents(live, relation, byOid, this.#dropped);
      relation.rowHolders = liveHolders(live, byOid, this.#dropped);
      const table = live.indexOf === null ? undefined : this.#relations.get(live.indexOf);
      if (table) partOf(table, relation);
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

  /** What goes with what is dropped. */
  get dependencies(): Dependencies {
    return this.catalogue?.dependencies ?? {};
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
    const temporary = this.#temporary.get(name.replace(/^pg_temp\./, ''));
    if (temporary && !isGone(temporary)) return temporary;
    return this.#findLasting(name);
  }

  #findLasting(name: string): Relation | null | undefined {
    const found = this.#relations.get(name);
    if (found && !isGone(found)) return found;
    if (this.#unsure.some((pattern) => pattern.test(name))) return undefined;
    if (found) return null;
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
  isTaken(name: string, isTemporary = false): boolean {
    if (isTemporary) return this.#temporary.get(plainName(name))?.isGone === false;
    const found = this.#findLasting(name);
    if (!found) return false;
    const live = this.catalogue?.relations[name];
    return found.isNew || name.includes('.') || (live?.inPath ?? true);
  }

  add(
    name: string,
    kind: string,
    columns: ReadonlyMap<string, ModelColumn> | undefined,
    isTemporary = false,
  ): Relation {
    const relation = newRelation(name, kind, columns, isTemporary);
    if (isTemporary) this.#temporary.set(plainName(name), relation);
    else this.#name(relation, name);
    return relation;
  }

  /** An index, which goes with its table, or with what it is made of. */
  addIndex(name: string, table: Relation): Relation {
    const index = this.add(name, 'i', new Map(), table.isTemporary);
    partOf(table, index);
    return index;
  }

  /**
   * What the server names itself, beside a table. @returns its name, where that is certain; any of the names that it may
   * have is neither there nor missing from now on
   */
  addGiven(given: GivenName, table: Relation, kind: 'i' | 'S'): Relation | undefined {
    if (!this.isComplete) return undefined;
    const { name, pattern, isCertain } = givenName(given, table.name);
    const asked = this.catalogue?.relations ?? {};
    const isAsked = [name, `${this.currentSchema}.${name}`].some((each) => each in asked);
    if (isCertain && isAsked && !this.find(name))
      return kind === 'i' ? this.addIndex(name, table) : this.add(name, kind, new Map());
    this.#unsure.push(pattern);
    return undefined;
  }

  /** Of relations of these names it is not known from now on whether they are there. */
  addUnsure(pattern: RegExp): void {
    this.#unsure.push(pattern);
  }

  drop(relation: Relation): void {
    relation.isGone = true;
    if (isReadable(relation)) this.forgetType(unquoted(plainName(relation.name)));
  }

  /** Drops a relation of the database, or a part of it, that goes with another; whether a statement names it or not. */
  dropLive(oid: number): Relation | undefined {
    this.#dropped.oids.add(oid);
    const relation = this.#byOid.get(oid);
    if (relation) this.drop(relation);
    return relation;
  }

  ofOid(oid: number): Relation | undefined {
    return this.#byOid.get(oid);
  }

  dropLivePart(oid: number, kind: 'column' | 'constraint', name: string): Relation | undefined {
    this.#dropped[`${kind}s`].add(`${oid} ${name}`);
    const relation = this.#byOid.get(oid);
    return relation && !isGone(relation) ? relation : undefined;
  }

  /** That the statements name, and that inherit from it or are partitions of it. */
  childrenOf(relation: Relation): readonly Relation[] {
    const all = new Set([...this.#relations.values(), ...this.#temporary.values()]);
    return [...all].filter((each) => each.parents.has(relation) && !isGone(each));
  }

  rename(relation: Relation, to: string): void {
    for (const names of [this.#relations, this.#temporary])
      for (const [name, other] of names)
        if (other === relation) names.set(name, { ...relation, isGone: true });
    if (this.isComplete && isReadable(relation))
      this.forgetType(unquoted(plainName(relation.name)));
    relation.name = to;
    if (relation.isTemporary) this.#temporary.set(plainName(to), relation);
    else this.#name(relation, to);
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
    // Another session may run the next one.
    for (const name of this.#temporary.keys()) {
      this.#temporary.delete(name);
      this.#relations.delete(name);
      this.addUnsure(exactly(name));
    }
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
    if (this.#droppedSchemas.has(name)) return false;
    return this.catalogue ? this.catalogue.schemas.includes(name) : undefined;
  }

  addSchema(name: string): void {
    this.#madeSchemas.add(name);
  }

  /** With all that the statements name in it; the rest is found by its new name as well. */
  renameSchema(from: string, to: string): void {
    const all = [...this.#relations].filter(([name]) => name.startsWith(`${from}.`));
    for (const [, relation] of all)
      if (!isGone(relation)) this.rename(relation, `${to}.${plainName(relation.name)}`);
    this.dropSchema(from);
    this.addSchema(to);
    this.addUnsure(within(to));
  }

  /** With what pending statements have made in it. */
  dropSchema(name: string): void {
    this.#madeSchemas.delete(name);
    this.#droppedSchemas.add(name);
    for (const [given, relation] of this.#relations)
      if (given.startsWith(`${name}.`) && relation.live === undefined) this.drop(relation);
  }

  /** False for one that is not there, undefined where that is not known. */
  hasType(name: string): boolean | undefined {
    if (this.#types.has(name)) return true;
    if (this.#forgottenTypes.has(name)) return undefined;
    if (this.#droppedTypes.has(name)) return false;
    const known = this.catalogue?.types[name];
    return known === undefined ? undefined : known !== null;
  }

  /** Whether a new type of that name would meet another. */
  isTypeTaken(name: string, schema = this.currentSchema): boolean {
    const made = this.#types.get(name);
    if (made) return made.schema === schema;
    if (this.#forgottenTypes.has(name) || this.#droppedTypes.has(name)) return false;
    return this.catalogue?.types[name]?.schemas.includes(schema) === true;
  }

  isNewType(name: string): boolean {
    return this.#types.get(name)?.isNew === true;
  }

  addType(name: string, labels: readonly string[] = [], schema = this.currentSchema): void {
    this.#ownTypes.add(name);
    this.#types.set(name, { labels: new Set(labels), isNew: true, schema });
    this.#droppedTypes.delete(name);
    this.#forgottenTypes.delete(name);
  }

  addLabel(type: string, label: string, instead: string | undefined): void {
    this.#areLabelsChanged = true;
    if (instead === undefined && !this.#ownTypes.has(type)) this.#ownLabels.set(label, type);
    const labels = this.labelsOf(type).filter((each) => each !== instead);
    const { isNew = false, schema = this.currentSchema } = this.#types.get(type) ?? {};
    this.#types.set(type, { labels: new Set([...labels, label]), isNew, schema });
  }

  dropType(name: string): void {
    this.#types.delete(name);
    this.#droppedTypes.add(name);
  }

  /** One that goes with something else: another schema may have a type of that name. */
  forgetType(name: string): void {
    this.#types.delete(name);
    this.#forgottenTypes.add(name);
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
    const schema = this.currentSchema;
    const plain = name.startsWith(`${schema}.`) ? name.slice(schema.length + 1) : name;
    // Without a schema, a name that PostgreSQL has itself means its own.
    if (this.catalogue?.relations[plain]?.isOfServer !== true) this.#relations.set(plain, relation);
    if (!plain.includes('.')) this.#relations.set(`${schema}.${plain}`, relation);
  }
}

function partOf(table: Relation, index: Relation): void {
  index.ofTable = table;
  index.isGoneWithOwner = () =>
    isGone(table) || !table.indexes.has(unquoted(plainName(index.name)));
}
