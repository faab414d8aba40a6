import { parse } from 'dotenv';
import type { StoreDeclaration } from './store-declaration.js';
import { platformMark } from './environment-name.js';
import { allVariables, type Variable } from './environment.js';
import { givenForms, isGiven, type ProcessEnvironment, readGiven } from './read-given.js';
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
  /** Variables that are given by another name of theirs, and that name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Variables whose text could not be had; already reported. */
  readonly unreadable: ReadonlySet<string>;
  /** The variable by which the platform shows that runs this process. */
  readonly mark?: string;
  readonly violations: readonly Violation[];
}

/**
 * Collects the known variables from the process, from `NAME_FILE` secrets and, under LOCAL, from
 * `.env` in the working directory. The process wins over `.env`, which cannot choose PRODUCTION.
 */
export function readEnvironment(
  process: ProcessEnvironment,
  stores: readonly StoreDeclaration[],
  readFile: ReadFile,
): RawEnvironment {
  const variables = allVariables(stores);
  const mark = platformMark(process);
  const given = collect(process, variables, () => '');
  if (decideProfile(given.texts, mark).profile !== 'LOCAL') {
    return { ...collect(process, variables, readFile), ...(mark !== undefined && { mark }) };
  }

  const dotenv = readDotenv(readFile);
  const raw = collect(withDotenv(process, dotenv.values, variables), variables, readFile);
  const origins = new Map(raw.origins);
  for (const [name, origin] of origins) {
    if (origin === 'environment' && !given.origins.has(name)) origins.set(name, '.env');
  }
  const chosen = decideProfile(raw.texts);
  const violations = [...raw.violations, ...dotenv.violations];
  if (chosen.profile === 'PRODUCTION') {
    violations.push(
      violation(
        'SETTING_INVALID',
        chosen.decidedBy ?? '.env',
        'comes from .env, which is read under LOCAL only and cannot choose another profile',
        'Set it in the environment of the process, or remove it from .env.',
      ),
    );
  }
  return { ...raw, origins, violations, ...(mark !== undefined && { mark }) };
}

function collect(
  environment: ProcessEnvironment,
  variables: ReadonlyMap<string, Variable>,
  readFile: ReadFile,
): RawEnvironment {
  const texts = new Map<string, string>();
  const origins = new Map<string, Origin>();
  const files = new Map<string, string>();
  const aliases = new Map<string, string>();
  const unreadable = new Set<string>();
  const violations: Violation[] = [];
  for (const [name, variable] of variables) {
    const given = readGiven(environment, name, variable, readFile);
    violations.push(...given.violations);
    if (given.isUnreadable) unreadable.add(name);
    if (given.text === undefined) continue;
    texts.set(name, given.text);
    origins.set(name, given.file === undefined ? 'environment' : 'secret file');
    if (given.file !== undefined) files.set(name, given.file);
    if (given.name !== name) aliases.set(name, given.name);
  }
  return { texts, origins, files, aliases, unreadable, violations };
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

/** What the process gives wins, in any form: by any of its names, as a variable or as a file. */
function withDotenv(
  process: ProcessEnvironment,
  dotenv: Readonly<Record<string, string>>,
  variables: ReadonlyMap<string, Variable>,
): ProcessEnvironment {
  const overridden = new Set(
    [...variables].flatMap(([name, variable]) => {
      const forms = givenForms(name, variable);
      return forms.some((form) => isGiven(process, form, variable)) ? forms : [];
    }),
  );
  return {
    ...process,
    ...Object.fromEntries(Object.entries(dotenv).filter(([name]) => !overridden.has(name))),
  };
}
