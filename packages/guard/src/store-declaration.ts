import type { Profile } from './profile.js';
import type { Variables } from './variable.js';
import type { Violation } from './violation.js';

export const BACKENDS = ['IN_MEMORY', 'SQLITE', 'POSTGRES'] as const;

/** Where a store keeps its data. */
export type Backend = (typeof BACKENDS)[number];

/** Other spellings that operators use, any case. */
export const BACKEND_ALIASES: Readonly<Record<string, Backend>> = {
  SQL: 'SQLITE',
  POSTGRESQL: 'POSTGRES',
};

/**
 * What the guard knows about a store. The two guard codes of a store follow from `prefix`:
 * `PERSISTENCE_PROFILE_REQUIRES_<prefix>_POSTGRES` and `…_POSTGRES_DSN`.
 */
export interface StoreDeclaration {
  /** Name in JSON, in the ledger and of the folder under `migrations/`. */
  readonly name: string;
  readonly prefix: string;
  readonly meaning: string;
  readonly backendVariable: string;
  readonly dsnVariable: string;
  /** Of its `variables` flags, any of which turns it on. None listed: it is always on. */
  readonly enabledBy: readonly string[];
  /** Its own variables; `valuesOf` reads them. */
  readonly variables?: Variables;
  /** What it refuses beside its two codes, where it is turned on: all at once, each with a code of its own. */
  readonly judge?: (given: GivenToStore) => readonly Violation[];
}

/** What a store's own rules judge. `valuesOf` reads its variables from it. */
export interface GivenToStore {
  readonly profile: Profile;
  /** By name, what its variables say; one that is refused already says its default. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether somebody says what the variable is, well or badly. */
  readonly isGiven: (variable: string) => boolean;
  /** Whether it is refused already, for what it says or because its file cannot be read. */
  readonly isRefused: (variable: string) => boolean;
}

/** A store's name, its backend and, unless it is in memory, the database that holds it. */
export interface StoreBinding {
  readonly store: string;
  readonly backend: Backend;
  /** `DatabaseSettings.name`; absent for `IN_MEMORY`. */
  readonly database?: string;
}
