import type { Node, RangeVar } from 'libpg-query';
import type { TableSizes } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import { columnsIn, functionsIn, rangesIn, relationName, typesIn } from '../parser/syntax-tree.js';
import type { Catalogue } from '../verdicts/catalogue.js';
import { unquoted } from '../verdicts/statement-parts.js';
import type { CopiedRelation } from './copied-relations.js';
import { hasOddNames } from './odd-names.js';

/** What a trial knows: the copies, what the statements have made, and what has become unknown on the way. */
export class TrialNames {
  /** By the name that a statement gives: the name in the trial. */
  readonly #relations = new Map<string, string>();
  readonly #views = new Set<string>();
  readonly #readOnly = new Set<string>();
  /** Relations, types and functions, without schema. */
  readonly #unknown = new Set<string>();
  readonly #madeTypes = new Set<string>();
  /** Names in the trial that are taken. */
  readonly #present = new Set<string>();
  readonly #related = new Set<string>();
  /** Copies that inherit: unlike in the database, all their columns and CHECKs are their own as well. */
  readonly #heirs = new Map<string, readonly string[]>();
  readonly #touched = new Set<string>();
  #areValuesKnown = true;
  #areBodiesKnown = true;
  /** Names that were given to what has been dropped. */
  readonly #gone = new Set<string>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly functions: TableSizes['functions'],
  ) {}

  get currentSchema(): string {
    return this.catalogue.currentSchema;
  }

  add({ name, names, kind, parents, bounds }: CopiedRelation): void {
    if (parents.length > 0) this.relate([name, ...parents]);
    if (parents.length > 0 && bounds === null) this.#heirs.set(name, parents);
    for (const given of names) this.#relations.set(given, name);
    this.#present.add(name);
    if (kind === 'v' || kind === 'm') this.#views.add(name);
    if (kind === 'm') this.#readOnly.add(name);
  }

  /** The name in the trial of what the statement names; undefined where that is not known. */
  find(range: RangeVar): string | undefined {
    const name = this.#relations.get(relationName(range));
    return name === undefined || this.#unknown.has(name) ? undefined : name;
  }

  /** Whether it can be changed: a table, or a view that stands for one. */
  isChangeable(name: string): boolean {
    return !this.#readOnly.has(name);
  }

  isView(name: string): boolean {
    return this.#views.has(name);
  }

  /** Whether nothing of that name is there, in the trial or in the database. */
  isFree(range: RangeVar): boolean {
    const { relname = '' } = range;
    const isThere = (this.catalogue.relations[relationName(range)] ?? null) !== null;
    return (
      !this.#unknown.has(relname) &&
      !this.#present.has(relname) &&
      (!isThere || this.#gone.has(relationName(range)))
    );
  }

  make(range: RangeVar, isView = false): void {
    const { relname = '', schemaname } = range;
    const { currentSchema } = this.catalogue;
    this.#present.add(relname);
    this.touch(relname);
    const isOfServer = this.catalogue.relations[relationName({ relname })]?.isOfServer === true;
    if (schemaname !== undefined || !isOfServer) this.#relations.set(relationName(range), relname);
    if (schemaname === undefined)
      this.#relations.set(relationName({ schemaname: currentSchema, relname }), relname);
    if (schemaname === currentSchema && !isOfServer)
      this.#relations.set(relationName({ relname }), relname);
    if (isView) this.#views.add(relname);
  }

  /** It is neither in the trial any more, nor would it be in the database. */
  drop(name: string): void {
    for (const [given, found] of this.#relations)
      if (found === name) {
        this.#relations.delete(given);
        this.#gone.add(given);
      }
    this.#views.delete(name);
    this.#present.delete(name);
  }

  /** A table, type or function of which nothing is known from now on. */
  forget(name: string): void {
    this.#unknown.add(name);
    if (this.#related.has(name)) for (const other of this.#related) this.#unknown.add(other);
  }

  /** What is done to one of these tables is done to the others: they inherit. */
  relate(names: readonly string[]): void {
    for (const name of names) this.#related.add(name);
  }

  /** A table has lost something, which the copies that inherit from it keep. */
  forgetHeirsOf(name: string): void {
    if ([...this.#heirs.values()].some((parents) => parents.includes(name)))
      for (const related of this.#related) this.#unknown.add(related);
  }

  /** It is no longer as the database has it. */
  touch(name: string): void {
    this.#touched.add(name);
  }

  /** What functions do is not looked into any more. */
  forgetBodies(): void {
    this.#areBodiesKnown = false;
  }

  forgetViews(): void {
    for (const view of this.#views) this.forget(view);
  }

  /** @param name of a type that others may have columns of */
  forgetType(name: string): void {
    this.#areValuesKnown = false;
    this.forget(name);
    for (const touched of this.#touched) this.forget(touched);
    for (const user of this.catalogue.types[name]?.usedBy ?? [])
      this.forget(unquoted(user.split('.').at(-2) ?? ''));
  }

  /** Whether no type has been changed, so that the server knows the values that it will take. */
  get areValuesKnown(): boolean {
    return this.#areValuesKnown;
  }

  makeType(name: string): void {
    this.#madeTypes.add(name);
  }

  /** Whether all that the statement names is known, beside the relation that it makes. */
  isKnown({ node, text }: Pick<Statement, 'node' | 'text'>, made?: RangeVar): boolean {
    // It may refer to itself.
    const others = rangesIn(node).filter(
      (range) => !made || relationName(range) !== relationName(made),
    );
    return (
      others.every((range) => range.relpersistence !== 't' && this.find(range) !== undefined) &&
      made?.relpersistence !== 't' &&
      ![...typesIn(node), ...functionsIn(node), ...columnsIn(node)].some((name) =>
        this.#unknown.has(name),
      ) &&
      !hasOddNames(node, this.#madeTypes, this.#unknown) &&
      !this.#looksUp(node) &&
      !this.#needsRows(node) &&
      !/\$\d/.test(text.replaceAll(/'[^']*'|\$(\w*)\$[\s\S]*?\$\1\$/g, ''))
    );
  }

  /** Of a function that is made: whether its text names what is unknown, or goes past the copies. */
  isBodyKnown(text: string): boolean {
    const body = text.toLowerCase();
    const words = new Set(body.match(/[\w$]+/g));
    const past = [...body.matchAll(/\.\s*"?/g)].map(({ index, 0: dot }) => index + dot.length);
    const isSaid = (name: string) =>
      /^[\w$]+$/.test(name) ? words.has(name.toLowerCase()) : body.includes(written(name));
    return (
      this.#areBodiesKnown &&
      ![...this.#unknown].some(isSaid) &&
      ![...this.#relations.values(), ...this.#madeTypes].some((name) =>
        past.some((place) => body.startsWith(written(name), place)),
      )
    );
  }

  /** Of a materialized view: the copy has no system columns. */
  #needsRows(node: Node): boolean {
    const isStored = rangesIn(node).some((range) => this.#readOnly.has(this.find(range) ?? ''));
    return isStored && columnsIn(node).some((name) => SYSTEM_COLUMNS.has(name));
  }

  /** Whether it looks for objects by texts, where some are not found by the names that they will have. */
  #looksUp(node: Node): boolean {
    const mayBeElsewhere = this.#unknown.size + this.#madeTypes.size > 0;
    return (
      (mayBeElsewhere && typesIn(node).some((name) => name.startsWith('reg'))) ||
      // Types of ranges bring functions.
      (this.#madeTypes.size > 0 &&
        functionsIn(node).some((name) => this.#madeTypes.has(name) || name.endsWith('multirange')))
    );
  }

  /** Whether it calls functions of users, which no trial does. */
  callsOwn(node: Node): boolean {
    return functionsIn(node).some((name) => this.functions[name]?.own === true);
  }

  /** Functions of users, and those that have been made, may do anything, also to what the statements after it find. */
  mayDoAnything(node: Node): boolean {
    return functionsIn(node).some((name) => {
      const { own = false, volatile = false } = this.functions[name] ?? {};
      return (own && volatile) || this.#unknown.has(name) || name === 'set_config';
    });
  }

  /** Whether an expression may be evaluated just to see: it calls nothing but what the server has, and has no effects. */
  isHarmless(tree: unknown): boolean {
    return functionsIn(tree).every((name) => {
      const known = this.functions[name];
      return known !== undefined && !known.volatile && !known.own;
    });
  }
}

const SYSTEM_COLUMNS = new Set(['ctid', 'tableoid', 'xmin', 'xmax', 'cmin', 'cmax']);

/** As a text in small letters has it between quotes. */
function written(name: string): string {
  return name.toLowerCase().replaceAll('"', '""');
}
