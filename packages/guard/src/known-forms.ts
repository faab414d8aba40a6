import type { Variable } from './variable.js';
import { givenForms } from './read-given.js';

/** All names that say something to this build. */
export interface KnownForms {
  /** Those that are read. */
  readonly read: ReadonlySet<string>;
  /** `NAME_FILE` of those that are not read from a file, and that NAME. */
  readonly fileless: ReadonlyMap<string, string>;
  /** Those that decide where data lives, and each with `_FILE`. */
  readonly deciding: readonly string[];
}

/** Others use them, too: in small letters, or for something else. */
export const GENERIC: ReadonlySet<string> = new Set(['HOST', 'PORT', 'ENV']);

const DECIDING =
  /^(?:APP_PERSISTENCE_PROFILE|APP_ENV|CI_STRICT|DB_(?:HOST|NAME|USER|PASSWORD|TYPE))$/;

const cache = new WeakMap<ReadonlyMap<string, Variable>, KnownForms>();

export function knownForms(variables: ReadonlyMap<string, Variable>): KnownForms {
  const known = cache.get(variables) ?? collect(variables);
  cache.set(variables, known);
  return known;
}

function collect(variables: ReadonlyMap<string, Variable>): KnownForms {
  const all = [...variables];
  const read = new Set(all.flatMap(([name, variable]) => givenForms(name, variable)));
  const fileless = all.flatMap(([name, { fromFile, aliases }]) =>
    fromFile ? [] : [name, ...aliases].map((each) => [`${each}_FILE`, each] as const),
  );
  // What is judged by the profile rules or holds a connection string is given even when it is blank.
  const deciding = all.flatMap(([name, variable]) =>
    (variable.blank === 'given' && !variable.verbatim) || DECIDING.test(name)
      ? [...givenForms(name, variable), `${name}_FILE`]
      : [],
  );
  return {
    read,
    fileless: new Map(fileless.filter(([form, name]) => !read.has(form) && !GENERIC.has(name))),
    deciding: [...new Set(deciding)],
  };
}
