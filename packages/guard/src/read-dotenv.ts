import { parse } from 'dotenv';
import type { KnownForms } from './known-forms.js';
import type { ReadFile } from './read-environment.js';
import { meantName } from './variable-names.js';
import { violation, type Violation } from './violation.js';

export interface Dotenv {
  readonly values: Readonly<Record<string, string>>;
  /** What lines that are none for the parser give to whoever reads them. */
  readonly unread: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
}

/**
 * `.env` in the working directory. Only a file that is not there is none: settings that cannot be read
 * must not be left out, and neither must a line that is none for the parser.
 */
export function readDotenv(readFile: ReadFile, known: KnownForms): Dotenv {
  let text: string;
  try {
    text = readFile('.env');
  } catch (error) {
    const isNone = (error as { code?: unknown }).code === 'ENOENT';
    return without(isNone ? [] : [unreadable('is there but cannot be read')]);
  }
  if (/[\0\uFFFD]/.test(text)) return without([unreadable('is not a text in UTF-8')]);
  const values = parse(text);
  const lines = unreadLines(text, known).filter(([name]) => !Object.hasOwn(values, name));
  return {
    values,
    unread: Object.fromEntries(lines.filter(([name]) => !known.read.has(name))),
    violations: lines.flatMap(([name]) => (known.read.has(name) ? [lost(name)] : [])),
  };
}

function without(violations: readonly Violation[]): Dotenv {
  return { values: {}, unread: {}, violations };
}

function unreadable(message: string): Violation {
  const fix = 'Make .env a readable text file in UTF-8, or remove it.';
  return violation('SETTING_INVALID', '.env', message, fix);
}

function lost(name: string): Violation {
  return violation(
    'SETTING_NAME_MISSPELT',
    name,
    'stands in .env in a line that is not read',
    'Write NAME=VALUE in a line of its own, and close each quote before it.',
  );
}

/** Of each line the name and the value that it seems to give. */
function unreadLines(
  text: string,
  { read, fileless, deciding }: KnownForms,
): readonly (readonly [name: string, value: string])[] {
  const isKnown = (name: string) => read.has(meantName(name)) || fileless.has(meantName(name));
  return text.split(/\r\n?|\n/).flatMap((line) => {
    if (/^[\s\p{Cf}]*(?:#|$)/u.test(line)) return [];
    const hidden = hiddenName(
      line,
      deciding.filter((each) => read.has(each)),
    );
    const [, word = ''] = BEFORE_BLANK.exec(line) ?? [];
    const names = [line.split('=', 1)[0] ?? '', line.split(BEFORE_VALUE, 1)[0] ?? '', word];
    const name = names.find(isKnown) ?? hidden ?? (line.includes('=') ? names[0] : undefined);
    if (name === hidden && hidden !== undefined) return [[hidden, ''] as const];
    // What is no name could be a secret, and a name may be shown.
    if (name === undefined || name.length > LONGEST || /:\/\/|@/.test(name)) return [];
    const value = line.slice(name.length + 1).trim();
    return [[name.replace(/^\s*(?:export\s+)?/, '').trim(), value] as const];
  });
}

/**
 * A name of one that decides where data lives, in a line that does not give it: in one that is no
 * assignment, or behind the value of another one.
 */
function hiddenName(line: string, names: readonly string[]): string | undefined {
  const [assigned, value] = ASSIGNMENT.exec(line)?.slice(1) ?? [];
  if (assigned !== undefined && names.includes(assigned)) return undefined;
  const isWrapped = /^\s*(?:"[^"]*"|'[^']*'|`[^`]*`)\s*(?:#.*)?$/.test(value ?? '');
  if (isWrapped) return undefined;
  const words =
    value === undefined
      ? line.match(/\w+/g)
      : value.split('#', 1)[0]?.match(/(?<=[\s;,&\u0085](?:export\s)?)\w+(?=\s*=)/g);
  return words?.find((word) => names.includes(word));
}

/** As the parser of `.env` knows it. */
const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)(.*)$/s;

/** A colon, but not that of `$env:NAME`. */
const BEFORE_VALUE = /(?<!(?:^|\s)\$?env):/i;
/** As `setx` has it, and files of other tools. */
const BEFORE_BLANK = /^((?:setx\s+)?\w+_\w+)\s/i;
const LONGEST = 80;
