import { parse } from 'dotenv';
import type { StoreRegistration } from '../stores/store.js';
import { allVariables } from './environment.js';
import { decideProfile } from './profile.js';
import { violation, type Violation } from './violation.js';

/** The text of a file; throws when there is none to be read. */
export type ReadFile = (path: string) => string;

/** Where a variable's text came from. */
export type Origin = 'environment' | 'secret file' | '.env';

/** The variables as texts, secrets resolved, before anything is judged. */
export interface RawEnvironment {
  readonly texts: ReadonlyMap<string, string>;
  readonly origins: ReadonlyMap<string, Origin>;
  /** Variables whose text could not be had; already reported. */
  readonly unreadable: ReadonlySet<string>;
  readonly violations: readonly Violation[];
}

type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Collects the known variables from the process, from `NAME_FILE` secrets and, under LOCAL, from
 * `.env` in the working directory. The process wins over `.env`, which cannot choose PRODUCTION.
 */
export function readEnvironment(
  process: ProcessEnvironment,
  stores: readonly StoreRegistration[],
  readFile: ReadFile,
): RawEnvironment {
  const own = collect(process, 'environment', stores, readFile);
  if (decideProfile(own.texts).profile !== 'LOCAL') return own;

  const dotenv = readDotenv(readFile);
  if (!dotenv) return own;
  const merged = collect(withDotenv(process, dotenv), 'environment', stores, readFile);
  const origins = new Map(merged.origins);
  for (const [name, origin] of origins) {
    if (origin === 'environment' && process[name] === undefined) origins.set(name, '.env');
  }
  const chosen = decideProfile(merged.texts);
  const violations = [...merged.violations];
  if (chosen.profile === 'PRODUCTION') {
    violations.push(
      violation(
        'SETTING_INVALID',
        chosen.decidedBy,
        'comes from .env, which is read under LOCAL only and cannot choose another profile',
        'Set it in the environment of the process, or remove it from .env.',
      ),
    );
  }
  return { ...merged, origins, violations };
}

function collect(
  environment: ProcessEnvironment,
  origin: Origin,
  stores: readonly StoreRegistration[],
  readFile: ReadFile,
): RawEnvironment {
  const texts = new Map<string, string>();
  const origins = new Map<string, Origin>();
  const unreadable = new Set<string>();
  const violations: Violation[] = [];
  for (const [name, { secret, blank }] of allVariables(stores)) {
    const text = environment[name];
    const path = secret ? environment[`${name}_FILE`] : undefined;
    if (text !== undefined && path !== undefined) {
      unreadable.add(name);
      violations.push(
        violation('SECRET_GIVEN_TWICE', name, `${name} and ${name}_FILE are both set`),
      );
    } else if (path !== undefined) {
      try {
        texts.set(name, readFile(path).replace(/\r?\n$/, ''));
        origins.set(name, 'secret file');
      } catch {
        unreadable.add(name);
        violations.push(
          violation('SECRET_FILE_UNREADABLE', `${name}_FILE`, 'names a file that cannot be read'),
        );
      }
    } else if (text !== undefined && (blank === 'given' || text.trim() !== '')) {
      texts.set(name, text);
      origins.set(name, origin);
    }
  }
  return { texts, origins, unreadable, violations };
}

function readDotenv(readFile: ReadFile): Readonly<Record<string, string>> | undefined {
  let text: string;
  try {
    text = readFile('.env');
  } catch {
    return undefined;
  }
  return parse(text);
}

/** A secret that the process gives in one form is not given again by the other form in `.env`. */
function withDotenv(
  process: ProcessEnvironment,
  dotenv: Readonly<Record<string, string>>,
): ProcessEnvironment {
  const overridden = (name: string) =>
    [name, `${name}_FILE`, name.replace(/_FILE$/, '')].some((form) => process[form] !== undefined);
  return {
    ...process,
    ...Object.fromEntries(Object.entries(dotenv).filter(([name]) => !overridden(name))),
  };
}
