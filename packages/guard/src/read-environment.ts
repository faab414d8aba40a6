import type { ServiceDeclaration } from './service-declaration.js';
import { allVariables } from './environment.js';
import { knownForms } from './known-forms.js';
import { platformMark } from './platform-marks.js';
import { decrypted } from './secrets/decrypted.js';
import type { Exposure } from './secrets/file-exposure.js';
import { KEY_FILE_VARIABLE } from './secrets/key-file.js';
import { type Keyring, keyringOf } from './secrets/keyring.js';
import type { SecretFile } from './secrets/secret-file.js';
import { fileOf, givenForms, isGiven, type ProcessEnvironment, readGiven } from './read-given.js';
import { decideProfile, type Signs } from './profile.js';
import { readDotenv } from './read-dotenv.js';
import { readUnreadNames, type UnreadNames, together } from './unread-names.js';
import type { Variable } from './variable.js';
import { violation, type Violation } from './violation.js';

/** How the door reaches files. */
export interface ReadFile {
  /** The text of a file; throws when there is none to be read. */
  (path: string): string;
  /** Whether others can read it, too; absent where files have no modes. */
  readonly exposureOf?: (path: string) => Exposure | undefined;
}

/** Where a variable's text came from. */
export type Origin = 'environment' | 'secret file' | '.env';

/** The variables as texts, secrets resolved, before anything is judged. */
export interface RawEnvironment {
  readonly texts: ReadonlyMap<string, string>;
  readonly origins: ReadonlyMap<string, Origin>;
  /** The files of those that came from one. */
  readonly files?: ReadonlyMap<string, SecretFile>;
  /** Files that others can read as well, by the variables that name them. */
  readonly exposed?: ReadonlyMap<string, Exposure>;
  /** With the keys of encrypted values. */
  readonly keyFile?: string;
  /** Variables that are given by another name of theirs, and that name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Variables whose text could not be had; already reported. */
  readonly unreadable: ReadonlySet<string>;
  /** Variables that are there and blank, which counts as not given. */
  readonly blank: ReadonlySet<string>;
  readonly unreadNames: UnreadNames;
  readonly signs: Signs;
  readonly violations: readonly Violation[];
}

/**
 * Collects the known variables from the process, from `NAME_FILE` secrets and, under LOCAL, from
 * `.env` in the working directory. The process wins over `.env`, which cannot choose PRODUCTION.
 */
export function readEnvironment(
  process: ProcessEnvironment,
  service: ServiceDeclaration,
  readFile: ReadFile,
): RawEnvironment {
  const variables = allVariables(service);
  const known = knownForms(variables);
  const unreadNames = readUnreadNames(process, process, known);
  const mark = platformMark(process);
  const productionOnly = [...variables].flatMap(([name, variable]) =>
    variable.productionOnly ? [name] : [],
  );
  const onlyIn = (texts: RawEnvironment['texts']) => productionOnly.find((name) => texts.has(name));
  const given = collect(process, variables, () => '');
  if (
    decideProfile(given.texts, signsOf(unreadNames, mark, onlyIn(given.texts))).profile !== 'LOCAL'
  ) {
    const collected = collect(process, variables, readFile, keyringOf(process, readFile));
    return withStrays(collected, unreadNames, mark, onlyIn);
  }

  const dotenv = readDotenv(readFile, known);
  const environment = withDotenv(process, dotenv.values, variables);
  const keyring = keyringOf(environment, readFile);
  const collected = collect(environment, variables, readFile, keyring);
  const unreadInFile = readUnreadNames({ ...dotenv.unread, ...dotenv.values }, environment, known);
  const raw = withStrays(collected, together(unreadNames, unreadInFile), mark, onlyIn);
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
  return { ...raw, origins, violations };
}

function signsOf(
  { profile, environment }: UnreadNames,
  mark: string | undefined,
  productionOnly: string | undefined,
): Signs {
  return {
    ...(productionOnly !== undefined && { productionOnly }),
    ...(mark !== undefined && { mark }),
    ...(profile !== undefined && { profile }),
    ...(environment !== undefined && { environment }),
  };
}

function withStrays(
  raw: Omit<RawEnvironment, 'unreadNames' | 'signs'>,
  unreadNames: UnreadNames,
  mark: string | undefined,
  onlyIn: (texts: RawEnvironment['texts']) => string | undefined,
): RawEnvironment {
  const violations = [...raw.violations, ...unreadNames.violations];
  return { ...raw, violations, unreadNames, signs: signsOf(unreadNames, mark, onlyIn(raw.texts)) };
}

/** @param keyring opens what is encrypted; without one it stays as it is */
function collect(
  environment: ProcessEnvironment,
  variables: ReadonlyMap<string, Variable>,
  readFile: ReadFile,
  keyring?: Keyring,
): Omit<RawEnvironment, 'unreadNames' | 'signs'> {
  const texts = new Map<string, string>();
  const origins = new Map<string, Origin>();
  const files = new Map<string, SecretFile>();
  const exposed = new Map<string, Exposure>();
  const aliases = new Map<string, string>();
  const unreadable = new Set<string>();
  const blank = new Set<string>();
  const expose = (form: string, path: string) => {
    const exposure = readFile.exposureOf?.(path);
    if (exposure) exposed.set(form, exposure);
  };
  const violations: Violation[] = [...(keyring?.violations ?? [])];
  const keyFile = keyring?.file;
  for (const [name, variable] of variables) {
    const read = readGiven(environment, name, variable, readFile);
    const given = keyring ? decrypted(name, variable, read, keyring) : read;
    violations.push(...given.violations);
    if (given.isUnreadable) unreadable.add(name);
    if (given.text === undefined) {
      const isThere = givenForms(name, variable).some((form) => environment[form] !== undefined);
      if (isThere && !given.isUnreadable) blank.add(name);
      continue;
    }
    texts.set(name, given.text);
    origins.set(name, given.file === undefined ? 'environment' : 'secret file');
    if (given.file !== undefined) {
      files.set(name, {
        path: given.file,
        variable: name,
        ...(keyFile !== undefined && { keyFile }),
      });
      expose(fileOf(given.name), given.file);
    }
    if (given.name !== name) aliases.set(name, given.name);
  }
  if (keyFile !== undefined) expose(KEY_FILE_VARIABLE, keyFile);
  return {
    ...{ texts, origins, files, exposed, aliases, unreadable, blank, violations },
    ...(keyFile !== undefined && { keyFile }),
  };
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
