import { storeCodes } from './define-store.js';
import type { StoreDeclaration } from './store-declaration.js';
import { BACKEND_ALIASES, BACKENDS, type Backend } from './store-declaration.js';
import type { Profile } from './profile.js';
import { violation, type Violation } from './violation.js';

type Texts = ReadonlyMap<string, string>;

/** A store that is turned on, and its backend unless the variable names none that exists. */
export interface StoreChoice {
  readonly store: StoreDeclaration;
  readonly backend?: Backend;
}

/** @param enabled whether a boolean variable is true */
export function chooseBackends(
  texts: Texts,
  profile: Profile,
  stores: readonly StoreDeclaration[],
  enabled: (variable: string) => boolean,
): { readonly choices: readonly StoreChoice[]; readonly violations: readonly Violation[] } {
  const fallback = defaultBackend(profile, texts.get('DB_TYPE'));
  const violations: Violation[] = [];
  const choices = stores
    .filter(({ enabledBy }) => enabledBy.length === 0 || enabledBy.some(enabled))
    .map((store): StoreChoice => {
      const text = texts.get(store.backendVariable);
      if (text === undefined) return { store, backend: fallback };
      const backend = backendNamed(text);
      if (backend) return { store, backend };
      const message = 'names no backend that exists';
      violations.push(violation('STORE_BACKEND_UNKNOWN', store.backendVariable, message));
      return { store };
    });
  return { choices, violations };
}

/** Undefined for a name of none. */
export function backendNamed(text: string): Backend | undefined {
  const name = text.trim().toUpperCase();
  return BACKENDS.find((known) => known === name) ?? BACKEND_ALIASES[name];
}

function defaultBackend(profile: Profile, dbType: string | undefined): Backend {
  if (profile === 'PRODUCTION') return 'POSTGRES';
  return dbType?.trim().toLowerCase() === 'postgresql' ? 'POSTGRES' : 'SQLITE';
}

/**
 * What the profile demands of the stores that are turned on.
 * @param resolves whether a connection string is given for the store, good or bad
 */
export function profileRules(
  profile: Profile,
  choices: readonly StoreChoice[],
  resolves: (store: StoreDeclaration) => boolean,
): readonly Violation[] {
  return choices.flatMap(({ store, backend }) => {
    if (backend === undefined) return [];
    if (backend !== 'POSTGRES') {
      return profile === 'LOCAL'
        ? []
        : [
            violation(
              storeCodes(store.prefix)[0],
              store.backendVariable,
              `the ${store.name} store is on ${backend}, but PRODUCTION needs POSTGRES`,
            ),
          ];
    }
    if (resolves(store)) return [];
    const code = profile === 'LOCAL' ? 'STORE_REQUIRES_POSTGRES_DSN' : storeCodes(store.prefix)[1];
    return [
      violation(
        code,
        store.dsnVariable,
        `the ${store.name} store is on POSTGRES, but no connection string resolves for it`,
        `Set ${store.dsnVariable} (or ${store.dsnVariable}_FILE), or DATABASE_URL, or DB_HOST, DB_NAME and DB_USER.`,
      ),
    ];
  });
}
