import type { StoreRegistration } from '../stores/store.js';
import { BACKEND_ALIASES, BACKENDS, type Backend } from '../stores/store.js';
import { violation, type Violation } from './violation.js';

export const PROFILES = ['LOCAL', 'PRODUCTION'] as const;

/** A coherent set of defaults and rules about where data may live. */
export type Profile = (typeof PROFILES)[number];

export interface ProfileDecision {
  /** Absent when `APP_PERSISTENCE_PROFILE` holds something else. */
  readonly profile?: Profile;
  /** The variable that decided. */
  readonly decidedBy: string;
  /** The environment's name as given, the first of `APP_ENV`, `ENV`, `AB_ENV`. */
  readonly environment?: string;
  readonly strict: boolean;
  readonly violations: readonly Violation[];
}

type Texts = ReadonlyMap<string, string>;

const ENVIRONMENT_VARIABLES = ['APP_ENV', 'ENV', 'AB_ENV'];
const STRICT_NAMES = new Set(['prod', 'production', 'staging']);
const TRUE = /^\s*(1|true|yes|on)\s*$/i;

/** An environment is strict when any of its names is, so that no leftover name can weaken it. */
export function decideProfile(texts: Texts): ProfileDecision {
  const names = ENVIRONMENT_VARIABLES.filter((name) => texts.has(name));
  const environment = names[0] === undefined ? undefined : texts.get(names[0])?.trim();
  const strictName = TRUE.test(texts.get('CI_STRICT') ?? '')
    ? 'CI_STRICT'
    : names.find((name) => STRICT_NAMES.has((texts.get(name) ?? '').trim().toLowerCase()));
  const strict = strictName !== undefined;
  const shared = { ...(environment !== undefined && { environment }), strict };

  const explicit = texts.get('APP_PERSISTENCE_PROFILE');
  if (explicit === undefined) {
    const production = strict || texts.get('NODE_ENV')?.trim().toLowerCase() === 'production';
    const decidedBy = strictName ?? 'NODE_ENV';
    return { ...shared, profile: production ? 'PRODUCTION' : 'LOCAL', decidedBy, violations: [] };
  }

  const decidedBy = 'APP_PERSISTENCE_PROFILE';
  const profile = PROFILES.find((name) => name === explicit.trim().toUpperCase());
  if (!profile) {
    const message = 'is neither LOCAL nor PRODUCTION';
    const violations = [violation('PERSISTENCE_PROFILE_UNKNOWN', decidedBy, message)];
    return { ...shared, decidedBy, violations };
  }
  const violations =
    profile === 'LOCAL' && strict
      ? [
          violation(
            'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT',
            decidedBy,
            `is LOCAL, but ${strictName} makes this a strict environment`,
          ),
        ]
      : [];
  return { ...shared, profile, decidedBy, violations };
}

/** A store that is turned on, and its backend unless the variable names none that exists. */
export interface StoreChoice {
  readonly store: StoreRegistration;
  readonly backend?: Backend;
}

/** @param enabled whether a boolean variable is true */
export function chooseBackends(
  texts: Texts,
  profile: Profile,
  stores: readonly StoreRegistration[],
  enabled: (variable: string) => boolean,
): { readonly choices: readonly StoreChoice[]; readonly violations: readonly Violation[] } {
  const fallback = defaultBackend(profile, texts.get('DB_TYPE'));
  const violations: Violation[] = [];
  const choices = stores
    .filter(({ enabledBy }) => enabledBy.length === 0 || enabledBy.some(enabled))
    .map((store): StoreChoice => {
      const text = texts.get(store.backendVariable);
      if (text === undefined) return { store, backend: fallback };
      const name = text.trim().toUpperCase();
      const backend = BACKENDS.find((known) => known === name) ?? BACKEND_ALIASES[name];
      if (backend) return { store, backend };
      const message = 'names no backend that exists';
      violations.push(violation('STORE_BACKEND_UNKNOWN', store.backendVariable, message));
      return { store };
    });
  return { choices, violations };
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
  resolves: (store: StoreRegistration) => boolean,
): readonly Violation[] {
  return choices.flatMap(({ store, backend }) => {
    if (backend === undefined) return [];
    if (backend !== 'POSTGRES') {
      return profile === 'LOCAL'
        ? []
        : [
            violation(
              `PERSISTENCE_PROFILE_REQUIRES_${store.prefix}_POSTGRES`,
              store.backendVariable,
              `the ${store.name} store is on ${backend}, but PRODUCTION needs POSTGRES`,
            ),
          ];
    }
    if (resolves(store)) return [];
    const code =
      profile === 'LOCAL'
        ? 'STORE_REQUIRES_POSTGRES_DSN'
        : `PERSISTENCE_PROFILE_REQUIRES_${store.prefix}_POSTGRES_DSN`;
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
