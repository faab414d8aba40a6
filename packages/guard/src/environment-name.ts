import { violation, type Violation } from './violation.js';

type Texts = ReadonlyMap<string, string>;

/** The variables that name the environment. */
const NAMES = ['APP_ENV', 'ENV', 'AB_ENV'];

const STRICT_WORDS = new Set([
  'prod',
  'production',
  'prd',
  'preprod',
  'staging',
  'stage',
  'stg',
  'live',
]);
const LOCAL_NAMES = new Set(['local', 'dev', 'development', 'test', 'testing', 'ci', 'demo']);

/** What the names of the environment say together. */
export interface EnvironmentNames {
  /** The first of them, as given. */
  readonly environment?: string;
  /** The first variable whose name is strict, known to be local, or neither. */
  readonly strict?: string;
  readonly local?: string;
  readonly other?: string;
}

/** All names count, so that no leftover one can hide another. */
export function readEnvironmentNames(texts: Texts): EnvironmentNames {
  const names = NAMES.filter((name) => (texts.get(name) ?? '').trim() !== '');
  const environment = names[0] === undefined ? undefined : texts.get(names[0])?.trim();
  const first = (kind: Kind) => names.find((name) => kindOf(texts.get(name) ?? '') === kind);
  const [strict, local, other] = [first('strict'), first('local'), first('other')];
  return {
    ...(environment !== undefined && { environment }),
    ...(strict !== undefined && { strict }),
    ...(local !== undefined && { local }),
    ...(other !== undefined && { other }),
  };
}

type Kind = 'strict' | 'local' | 'other';

function kindOf(name: string): Kind {
  if (isStrictName(name)) return 'strict';
  return isLocalName(name) ? 'local' : 'other';
}

/** Whatever is not a letter or a digit separates words, also what cannot be seen. */
export function isStrictName(name: string): boolean {
  const words = name
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.some((word) => STRICT_WORDS.has(word));
}

/** Whether it is one of the names of a developer's machine or a test. */
export function isLocalName(name: string): boolean {
  return LOCAL_NAMES.has(name.trim().toLowerCase());
}

/** @param variable holds a name that is known to be neither strict nor local */
export function undecidedByName(variable: string): Violation {
  const shell =
    variable === 'ENV'
      ? ' Where ENV is the start-up file of a shell, take it out of the environment of this process.'
      : '';
  return violation(
    'PERSISTENCE_PROFILE_UNDECIDED',
    variable,
    'names an environment of which it is not known whether data may be lost with the machine',
    `Set APP_PERSISTENCE_PROFILE to PRODUCTION or LOCAL, or name the environment by a word that is known (docs/PRODUCTION.md).${shell}`,
  );
}

/** @param mark a variable that says that a platform runs this process */
export function undecidedOnPlatform(mark: string): Violation {
  return violation(
    'PERSISTENCE_PROFILE_UNDECIDED',
    mark,
    'is set, so that a platform runs this process, but nothing says which profile it is to have',
  );
}

/** @param variable points elsewhere than to LOCAL, and is not read */
export function undecidedByUnreadName(variable: string): Violation {
  return violation(
    'PERSISTENCE_PROFILE_UNDECIDED',
    variable,
    'says that this is not LOCAL, but is not read itself, and what is read does not say PRODUCTION',
  );
}

/** @param variable is heeded under PRODUCTION alone */
export function undecidedByProductionOnly(variable: string): Violation {
  return violation(
    'PERSISTENCE_PROFILE_UNDECIDED',
    variable,
    'is set, and means something under PRODUCTION alone, but this would be LOCAL',
    `Set APP_PERSISTENCE_PROFILE=PRODUCTION; to be LOCAL on purpose, set APP_PERSISTENCE_PROFILE=LOCAL or remove ${variable}.`,
  );
}
