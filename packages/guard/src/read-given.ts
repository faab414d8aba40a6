import type { Variable } from './variable.js';
import { unquoted, withoutCarriageReturn } from './given-text.js';
import type { ReadFile } from './read-environment.js';
import { violation, type Violation } from './violation.js';

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** What is given for one variable, by whichever of its names. */
export interface Given {
  /** The name by which it is given. */
  readonly name: string;
  /** Absent when nothing is given, or nothing that can be had. */
  readonly text?: string;
  /** The file that the text came from. */
  readonly file?: string;
  readonly isUnreadable: boolean;
  readonly violations: readonly Violation[];
}

const forms = new WeakMap<Variable, readonly string[]>();

/** All names under which a variable may be given, those of its file among them. */
export function givenForms(name: string, variable: Variable): readonly string[] {
  const { aliases, fromFile } = variable;
  const all =
    forms.get(variable) ??
    [name, ...aliases].flatMap((each) => (fromFile ? [each, fileOf(each)] : [each]));
  forms.set(variable, all);
  return all;
}

/** A blank value is no value, except for the variables that decide where data may live. */
export function isGiven(
  environment: ProcessEnvironment,
  form: string,
  { blank }: Variable,
): boolean {
  const text = environment[form];
  return text !== undefined && (blank === 'given' || text.trim() !== '');
}

/** @param readFile reads the secrets that are given as files */
export function readGiven(
  environment: ProcessEnvironment,
  name: string,
  variable: Variable,
  readFile: ReadFile,
): Given {
  if (!givenForms(name, variable).some((form) => environment[form] !== undefined)) {
    return { name, isUnreadable: false, violations: [] };
  }
  const read = [name, ...variable.aliases].map((each) =>
    readByName(environment, each, variable, readFile),
  );
  const violations = read.flatMap((each) => each.violations);
  const given = read.filter(({ text, isUnreadable }) => text !== undefined || isUnreadable);
  const [first, ...others] = given;
  if (!first) return { name, isUnreadable: false, violations };
  const isUnreadable = given.some((each) => each.isUnreadable);
  const other = others.find((each) => each.text?.trim() !== first.text?.trim());
  if (isUnreadable || !other) return { ...first, isUnreadable, violations };
  const message = `${first.name} and ${other.name} are names of the same setting, and their values differ`;
  const twice = violation('SETTING_GIVEN_TWICE', first.name, message);
  return { ...first, isUnreadable: true, violations: [...violations, twice] };
}

function readByName(
  environment: ProcessEnvironment,
  name: string,
  variable: Variable,
  readFile: ReadFile,
): Given {
  const nothing = { name, isUnreadable: false, violations: [] };
  const fileName = fileOf(name);
  const path = variable.fromFile ? environment[fileName] : undefined;
  if (path === undefined) {
    if (!isGiven(environment, name, variable)) return nothing;
    const text = withoutCarriageReturn(environment[name] ?? '');
    return judgeQuotes(nothing, name, text, variable);
  }
  if (environment[name] !== undefined) {
    const fault = violation('SECRET_GIVEN_TWICE', name, `${name} and ${fileName} are both set`);
    return { ...nothing, isUnreadable: true, violations: [fault] };
  }
  const { text: place, quoted } = unquoted(withoutCarriageReturn(path));
  if (quoted) return { ...nothing, isUnreadable: true, violations: [quotesAround(fileName)] };
  try {
    const read = readFile(place);
    if (Buffer.byteLength(read) > MOST_BYTES) return unreadable(nothing, fileName, TOO_LARGE);
    const text = read.replace(/\r?\n$/, '');
    return judgeQuotes({ ...nothing, file: place }, name, text, variable);
  } catch (error) {
    const { code } = error as { code?: unknown };
    return unreadable(nothing, fileName, WHY[String(code)] ?? 'names a file that cannot be read');
  }
}

/** No secret is longer. */
const MOST_BYTES = 65_536;
const TOO_LARGE = 'names a file of more than 64 KiB, or without an end';
const WHY: Readonly<Record<string, string>> = {
  EFBIG: TOO_LARGE,
  ETIMEDOUT: 'names a pipe to which nobody writes',
  EISDIR: 'names a folder',
  ENOENT: 'names a file that is not there',
};

function unreadable(nothing: Given, fileName: string, message: string): Given {
  const fault = violation('SECRET_FILE_UNREADABLE', fileName, message);
  return { ...nothing, isUnreadable: true, violations: [fault] };
}

/** What stands in quotes is refused, and judged without them for what else is wrong with it. */
function judgeQuotes(given: Given, name: string, text: string, variable: Variable): Given {
  if (variable.verbatim) return { ...given, text };
  const meant = unquoted(text);
  const violations = meant.quoted ? [quotesAround(name)] : [];
  const isBlank = variable.blank === 'unset' && meant.text.trim() === '';
  return { ...given, violations, ...(!isBlank && { text: meant.text }) };
}

export function quotesAround(name: string): Violation {
  return violation('SETTING_QUOTED', name, 'stands in quotes, which are part of the value');
}

/** The name by which a variable is given as a file. */
export function fileOf(name: string): string {
  return `${name}_FILE`;
}
