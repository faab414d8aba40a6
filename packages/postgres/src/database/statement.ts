/** Values of the named parameters (`:name`) of a statement. */
export type Parameters = Readonly<Record<string, string | number | boolean | null>>;

/** A statement as PostgreSQL takes it. */
export interface PositionalStatement {
  /** With `$1`, `$2`, … */
  readonly text: string;
  /** Which parameter is in which place. */
  readonly names: readonly string[];
}

/** Beside what is written in the code, statements differ in their conditions only. */
const MOST_KEPT = 1000;

/** A name, and no cast (`::text`). */
const PARAMETER = /(?<!:):([A-Za-z_][\w.]*)/g;

const kept = new Map<string, PositionalStatement>();

/**
 * The places of named parameters, looked for once in each statement.
 * @param statement what is no parameter in it, such as a time in quotes, is left as it is
 */
export function positional(statement: string, parameters: Parameters): PositionalStatement {
  const known = kept.get(statement);
  if (known?.names.every((name) => Object.hasOwn(parameters, name))) return known;
  const names: string[] = [];
  const missing: string[] = [];
  const text = statement.replaceAll(PARAMETER, (found, name: string) => {
    if (!Object.hasOwn(parameters, name)) {
      missing.push(name);
      return found;
    }
    const place = names.indexOf(name);
    return `$${place < 0 ? names.push(name) : place + 1}`;
  });
  if (missing.length === 0) {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(statement, { text, names });
  }
  return { text, names };
}
