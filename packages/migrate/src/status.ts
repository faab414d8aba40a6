import type { LedgerEntry } from '@holdfast/postgres/sessions/session';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { Backend } from '@holdfast/guard/store-declaration';
import { idOf, type Migration } from './migration.js';

export type MigrationState = 'head' | 'pending' | 'ahead' | 'drifted' | 'unknown';

/** A store's place between the build's migrations and the ledger; ids are `<version>_<name>`. */
export interface StoreMigrations {
  readonly backend: Backend;
  readonly status: MigrationState;
  readonly current: string | null;
  readonly applied: number;
  readonly expected: number;
  readonly pending: readonly string[];
  /** In the ledger, but not in this build. */
  readonly ahead: readonly string[];
  /** Whether this build can go on with what is ahead; absent when nothing is. */
  readonly backward_compatible?: boolean;
  /** Applied with another text than this build's. */
  readonly drifted: readonly string[];
  /** Applied under another name, or another number, than this build's file of the same text has; absent when none is. */
  readonly renamed?: readonly RenamedMigration[];
  /** Pending, and before one that is applied: they cannot be applied any more; absent when none is. */
  readonly out_of_order?: readonly string[];
  /** How many statements of this build a newer schema does not take; absent when it takes all. */
  readonly broken_statements?: number;
  /** The routes that send a statement which the schema does not take; absent where none is known. */
  readonly broken_routes?: readonly string[];
}

/** A migration that was applied before its file was renamed. */
export interface RenamedMigration {
  /** Its id in the ledger. */
  readonly applied: string;
  /** Its id in this build. */
  readonly file: string;
}

/** Compares the build with the ledger of one store. */
export function compareMigrations(
  backend: Backend,
  expected: readonly Migration[],
  ledger: readonly LedgerEntry[],
): StoreMigrations {
  const applied = ledger.toSorted((one, other) => (one.version < other.version ? -1 : 1));
  const isApplied = new Map(applied.map((entry) => [entry.version, entry]));
  const isExpected = new Set(expected.map(({ version }) => version));
  const pending = expected.filter(({ version }) => !isApplied.has(version)).map(idOf);
  const newer = applied.filter(({ version }) => !isExpected.has(version));
  const drifted = expected
    .filter(({ version, checksum }) => {
      const entry = isApplied.get(version);
      return entry !== undefined && entry.checksum !== checksum;
    })
    .map(idOf);
  const renamed = renamedIn(expected, applied);
  const last = applied.at(-1);
  const isCompatible = newer.every(({ backwardCompatible }) => backwardCompatible);
  const late = pending.filter((id) => last !== undefined && id < idOf(last));
  return {
    backend,
    status: stateOf({ pending, newer, drifted, late, isCompatible }),
    current: last ? idOf(last) : null,
    applied: applied.length,
    expected: expected.length,
    pending,
    ahead: newer.map(idOf),
    ...(newer.length > 0 && { backward_compatible: isCompatible }),
    drifted,
    ...(late.length > 0 && { out_of_order: late }),
    ...(renamed.length > 0 && { renamed }),
  };
}

/** What has been renumbered is told by its text; a text that was applied twice tells nothing. */
function renamedIn(
  expected: readonly Migration[],
  applied: readonly LedgerEntry[],
): readonly RenamedMigration[] {
  return expected.flatMap((migration) => {
    const file = idOf(migration);
    const same = applied.filter(({ checksum }) => checksum === migration.checksum);
    if (same.length !== 1 || same.some((entry) => idOf(entry) === file)) return [];
    return same.map((entry) => ({ applied: idOf(entry), file }));
  });
}

/** Whether this build can serve with the schema as it is. */
export function isServable({
  status,
  pending,
  backward_compatible: isCompatible,
}: StoreMigrations): boolean {
  return status === 'head' || (status === 'ahead' && isCompatible === true && pending.length === 0);
}

/** Why this build cannot serve with the schema of a store, as `refuseUnsafe` has it. */
export function codeOf({
  status,
  drifted,
  out_of_order: late = [],
  broken_statements: broken = 0,
}: Pick<StoreMigrations, 'status' | 'drifted' | 'out_of_order' | 'broken_statements'>):
  ReasonCode | undefined {
  if (status === 'drifted' && drifted.length === 0 && broken > 0) return 'SCHEMA_FITS_PARTLY';
  if (status === 'drifted' && drifted.length === 0)
    return late.length > 0 ? 'MIGRATION_OUT_OF_ORDER' : 'SCHEMA_INCOMPATIBLE';
  return CODES[status];
}

const CODES: Readonly<Partial<Record<MigrationState, ReasonCode>>> = {
  pending: 'MIGRATIONS_PENDING',
  ahead: 'SCHEMA_NEWER_THAN_BUILD',
  drifted: 'MIGRATION_CHECKSUM_MISMATCH',
  unknown: 'DATABASE_UNAVAILABLE',
};

interface Differences {
  readonly pending: readonly unknown[];
  readonly newer: readonly unknown[];
  readonly drifted: readonly unknown[];
  readonly late: readonly unknown[];
  readonly isCompatible: boolean;
}

/** In the order in which `refuseUnsafe` refuses them. */
function stateOf({ pending, newer, drifted, late, isCompatible }: Differences): MigrationState {
  if (drifted.length > 0) return 'drifted';
  if (newer.length > 0 && !isCompatible) return 'ahead';
  if (late.length > 0) return 'drifted';
  if (newer.length > 0) return 'ahead';
  return pending.length > 0 ? 'pending' : 'head';
}

/** The worst of several states: the one that an operator has to look at first. */
export function worstState(states: readonly MigrationState[]): MigrationState {
  const order: readonly MigrationState[] = ['drifted', 'ahead', 'pending', 'unknown', 'head'];
  return order.find((state) => states.includes(state)) ?? 'head';
}
