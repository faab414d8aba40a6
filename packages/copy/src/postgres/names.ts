import { createHash } from 'node:crypto';
import { ReasonError } from '../reasons.js';
import type { TargetTable } from './target-table.js';

/** Bytes of a PostgreSQL name. */
const NAME_BYTES = 63;

/** Every table has them already. */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

/**
 * Finds every name that PostgreSQL does not take, or would take for another.
 * @param tables those that are made
 * @param taken names in the schema of the target
 * @throws COPY_NAME_UNUSABLE with all of them
 */
export function refuseNames(tables: readonly TargetTable[], taken: ReadonlySet<string>): void {
  const relations = tables.flatMap(({ name, source }) => [
    { kind: 'table', name },
    ...source.indexes
      .filter(({ origin }) => origin === 'index')
      .map((index) => ({ kind: 'index', name: index.name })),
  ]);
  const faults = [
    ...faultsOf(relations),
    ...twice(relations),
    ...relations
      .filter(({ name }) => taken.has(name))
      .map(({ kind, name }) => `the ${kind} ${shown(name)}: the target has something of that name`),
    ...tables.flatMap((table) => {
      const columns = table.columns.map(({ name }) => ({
        kind: `column of ${shown(table.name)}`,
        name,
      }));
      return [
        ...faultsOf(columns),
        ...twice(columns),
        ...columns
          .filter(({ name }) => SYSTEM_COLUMNS.includes(name))
          .map(({ kind, name }) => `the ${kind} ${shown(name)}: PostgreSQL has one in every table`),
      ];
    }),
  ];
  if (faults.length > 0) throw new ReasonError('COPY_NAME_UNUSABLE', { detail: faults.join('; ') });
}

/** As `--rename` may have made them. */
function twice(names: readonly { readonly kind: string; readonly name: string }[]): string[] {
  return names
    .filter(({ name }, at) => names.findIndex((other) => other.name === name) < at)
    .map(
      ({ kind, name }) => `the ${kind} ${shown(name)}: something else is to have that name, too`,
    );
}

function faultsOf(names: readonly { readonly kind: string; readonly name: string }[]): string[] {
  return names.flatMap(({ kind, name }) => {
    const what = `the ${kind} ${shown(name)}`;
    if (name === '') return [`the ${kind} has an empty name`];
    // SQLite's names are bytes; what is not UTF-8 among them is read as this.
    if (/[\0\uFFFD]/.test(name)) return [`${what}: it is not UTF-8`];
    const bytes = Buffer.byteLength(name);
    if (bytes <= NAME_BYTES) return [];
    const same = names.find((other) => other.name !== name && cut(other.name) === cut(name));
    const collision = same ? `, and its first ${NAME_BYTES} are those of ${shown(same.name)}` : '';
    return [`${what} has ${bytes} bytes, more than ${NAME_BYTES}${collision}`];
  });
}

/**
 * Names of what SQLite leaves without one: keys and sequences. They are PostgreSQL's usual ones,
 * numbered where they are taken.
 */
export class RelationNames {
  readonly #taken: Set<string>;

  /** @param taken in the schema of the target, and those of the source's tables and indexes */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /**
   * Leaves a constraint the name that it has, cut where it is too long.
   * @returns undefined when something has it
   */
  keep(given: string): string | undefined {
    const name = shortened(given);
    if (name === '' || this.#taken.has(name)) return undefined;
    this.#taken.add(name);
    return name;
  }

  /** @returns for example `orders_id_seq` */
  take(table: string, columns: readonly string[], suffix: string): string {
    for (let number = 0; ; number += 1) {
      const end = `_${suffix}${number === 0 ? '' : number}`;
      const name = `${cut([table, ...columns].join('_'), NAME_BYTES - end.length)}${end}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}

/** What tells cut names apart. */
const DIGEST_CHARACTERS = 8;

/** A name that PostgreSQL takes: one that is too long is cut, and ends with what tells it from others. */
export function shortened(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${cut(name, NAME_BYTES - DIGEST_CHARACTERS - 1)}_${digest}`;
}

/** As PostgreSQL cuts a name: whole characters. */
function cut(name: string, bytes = NAME_BYTES): string {
  let text = '';
  let length = 0;
  for (const character of name) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    text += character;
  }
  return text;
}

function shown(name: string): string {
  return JSON.stringify(name);
}
