import { ADVICE } from './constraint-locks.js';
import { effectsOf } from './lock-levels.js';
import {
  type Blocks,
  blocksOf,
  type Effects,
  type LockMode,
  strongest,
  type Touch,
} from './lock-modes.js';
import type { Statement } from '../parser/statements.js';
import type { KnownRelation, TableSize, TableSizes } from './table-sizes.js';

/** A lock that a statement takes on a table that exists, and what it does under it. */
export interface TableLock extends TableSize {
  readonly mode: LockMode;
  readonly blocks: Blocks;
  readonly rewrites: boolean;
  readonly scans: boolean;
  /** A sentence, where less would do. */
  readonly advice: string | undefined;
}

export interface StatementLocks {
  readonly statement: Statement;
  /** One for each table; empty when all that it touches is new. */
  readonly locks: readonly TableLock[];
  readonly rewrites: boolean;
  readonly scans: boolean;
  /** Why the locks are not all of them: a clause. */
  readonly unknown: string | undefined;
}

/**
 * What each statement locks, in order. A table that the database does not know, or that an earlier
 * one of the statements makes, is nobody's concern and left out.
 * @param statements of one migration, or of several that follow each other
 */
export function locksOf(
  statements: readonly Statement[],
  sizes: TableSizes,
): readonly StatementLocks[] {
  const made = new Set<string>();
  let relations = sizes.relations;
  return statements.map((statement) => {
    const effects = effectsOf(statement, { ...sizes, relations });
    const locks = merged(
      effects.touches
        .filter(({ relation }) => !made.has(relation))
        .flatMap((touch) => reached(touch, relations)),
    );
    for (const name of effects.makes ?? []) if (!relations[name]) made.add(name);
    if (effects.renames) relations = renamed(relations, made, effects.renames);
    relations = without(relations, effects.drops ?? []);
    return {
      statement,
      locks,
      rewrites: locks.some(({ rewrites }) => rewrites),
      scans: locks.some(({ scans }) => scans),
      unknown: effects.unknown,
    };
  });
}

type Relations = TableSizes['relations'];

/** A table that is dropped and made again is new. */
function without(relations: Relations, dropped: readonly string[]): Relations {
  if (dropped.length === 0) return relations;
  return Object.fromEntries(Object.entries(relations).filter(([name]) => !dropped.includes(name)));
}

function renamed(
  relations: Relations,
  made: Set<string>,
  { from, to }: NonNullable<Effects['renames']>,
): Relations {
  if (made.delete(from)) made.add(to);
  const { [from]: moved, ...others } = relations;
  return moved ? { ...others, [to]: moved } : relations;
}

/** The locks behind one touch; one that the database has no table for is none. */
function reached(touch: Touch, relations: Relations): TableLock[] {
  const known = relations[touch.relation];
  if (!known) return [];
  return tablesOf(touch, known).map(({ table, rows, bytes, partitions }) => ({
    table,
    rows,
    bytes,
    partitions,
    mode: touch.mode,
    blocks: touch.blocks ?? blocksOf(touch.mode),
    rewrites: touch.rewrites ?? false,
    scans: touch.scans ?? false,
    advice: touch.advice,
  }));
}

function tablesOf({ reach, constraint, column }: Touch, known: KnownRelation): TableSize[] {
  switch (reach) {
    case 'table of':
      return [{ ...known, table: known.indexOf ?? known.table }];
    case 'parents':
      return [...known.parents];
    case 'references':
    case 'referenced by': {
      const keys = reach === 'references' ? known.references : known.referencedBy;
      return keys.filter(
        (key) =>
          (constraint === undefined || key.constraint === constraint) &&
          (column === undefined || key.columns.includes(column)),
      );
    }
    default:
      return [known];
  }
}

/** One lock a table: the strongest mode, and all that is done under it. */
function merged(locks: readonly TableLock[]): TableLock[] {
  const firsts = locks.filter(
    (lock, index) => locks.findIndex(({ table }) => table === lock.table) === index,
  );
  return firsts.map((first) => {
    const same = locks.filter(({ table }) => table === first.table);
    const mode = strongest(same.map((lock) => lock.mode));
    const blocks = same.some((lock) => lock.blocks === 'reads and writes')
      ? 'reads and writes'
      : blocksOf(mode);
    const advice =
      same.find(({ rewrites, advice: text }) => rewrites && text !== undefined)?.advice ??
      same.find(({ advice: text }) => text !== undefined)?.advice ??
      (blocks === 'other DDL' ? undefined : ADVICE.briefly);
    const rewrites = same.some((lock) => lock.rewrites);
    const scans = !rewrites && same.some((lock) => lock.scans);
    return { ...first, mode, blocks, rewrites, scans, advice };
  });
}
