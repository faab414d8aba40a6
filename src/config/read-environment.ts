import { parse } from 'dotenv';
import type { StoreRegistration } from '../stores/store.js';
import { allVariables, type Variable, variables } from './environment.js';
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
  /** The files of those that came from one. */
  readonly files?: ReadonlyMap<string, string>;
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
  if (decideProfile(given(process)).profile !== 'LOCAL') return collect(process, stores, readFile);

  const dotenv = readDotenv(readFile);
  const raw = collect(withDotenv(process, dotenv.values), stores, readFile);
  const origins = new Map(raw.origins);
  for (const [name, origin] of origins) {
    if (origin === 'environment' && !isGiven(process, name)) origins.set(name, '.env');
  }
  const chosen = decideProfile(raw.texts);
  const violations = [...raw.violations, ...dotenv.violations];
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
  return { ...raw, origins, violations };
}

/** A blank value is no value, except for the variables that decide where data may live. */
function isGiven(
  environment: ProcessEnvironment,
  name: string,
  blank?: Variable['blank'],
): boolean {
  const text = environment[name];
  const judged = blank ?? (variables as Readonly<Record<string, Variable>>)[name]?.blank ?? 'given';
  return text !== undefined && (judged === 'given' || text.trim() !== '');
}

/** The variables of the process that are given and can be read without opening a file. */
function given(environment: ProcessEnvironment): ReadonlyMap<string, string> {
  const names = Object.keys(variables).filter((name) => isGiven(environment, name));
  return new Map(names.map((name) => [name, environment[name] ?? '']));
}

function collect(
  environment: ProcessEnvironment,
  stores: readonly StoreRegistration[],
  readFile: ReadFile,
): RawEnvironment {
  const texts = new Map<string, string>();
  const origins = new Map<string, Origin>();
  const files = new Map<string, string>();
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
        files.set(name, path);
      } catch {
        unreadable.add(name);
        violations.push(
          violation('SECRET_FILE_UNREADABLE', `${name}_FILE`, 'names a file that cannot be read'),
        );
      }
    } else if (text !== undefined && isGiven(environment, name, blank)) {
      texts.set(name, text);
      origins.set(name, 'environment');
    }
  }
  return { texts, origins, files, unreadable, violations };
}

/** Only a file that is not there is no `.env`: settings that cannot be read must not be left out. */
function readDotenv(readFile: ReadFile): {
  readonly values: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
} {
  let text: string;
  try {
    text = readFile('.env');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return { values: {}, violations: [] };
    return unreadableDotenv('is there but cannot be read');
  }
  return /[\0\uFFFD]/.test(text)
    ? unreadableDotenv('is not a text in UTF-8')
    : { values: parse(text), violations: [] };
}

function unreadableDotenv(message: string) {
  const fix = 'Make .env a readable text file in UTF-8, or remove it.';
  return { values: {}, violations: [violation('SETTING_INVALID', '.env', message, fix)] };
}

/** What the process gives wins, in either form: as a variable or as a file. */
function withDotenv(
  process: ProcessEnvironment,
  dotenv: Readonly<Record<string, string>>,
): ProcessEnvironment {
  const overridden = (name: string) =>
    [name, `${name}_FILE`, name.replace(/_FILE$/, '')].some((form) => isGiven(process, form));
  return {
    ...process,
    ...Object.fromEntries(Object.entries(dotenv).filter(([name]) => !overridden(name))),
  };
}
