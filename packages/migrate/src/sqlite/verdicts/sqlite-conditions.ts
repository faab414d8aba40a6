import { indexOfWord } from '../../schema/sqlite-ddl.js';
import {
  allOf,
  anyOf,
  not,
  ofItself,
  type Taken,
  takenWhere,
  type Truth,
  type Truths,
  UNKNOWN,
} from '../../verdicts/truths.js';

/** What is known of the rows that a condition is about. */
export interface SqliteRows {
  /** By which the statement calls the table. */
  readonly alias: string;
  /** Whether the statement names other tables beside it. */
  readonly isJoined: boolean;
  readonly isNeverNull: (column: string) => boolean;
  /** Of an expression without names. */
  readonly evaluate: (sql: string) => Truth | undefined;
}

/** No condition takes every row, as `true`, `1 = 1` and `id IS NOT NULL` of a column that is NOT NULL do. */
export function takenBySqlite(condition: readonly string[] | undefined, rows: SqliteRows): Taken {
  return condition === undefined ? 'every' : takenWhere(truthsOf(condition, rows));
}

function truthsOf(tokens: readonly string[], rows: SqliteRows): Truths {
  // Their AND and WHEN are no operators.
  if (tokens.length === 0 || tokens.some((token) => token === 'between' || token === 'case'))
    return UNKNOWN;
  if (isBracketed(tokens)) return truthsOf(tokens.slice(1, -1), rows);
  const any = splitAt(tokens, 'or');
  if (any.length > 1) return anyOf(any.map((each) => truthsOf(each, rows)));
  const all = splitAt(tokens, 'and');
  if (all.length > 1) return allOf(all.map((each) => truthsOf(each, rows)));
  if (tokens.every((token) => CONSTANT.test(token))) {
    const truth = rows.evaluate(tokens.join(' '));
    return truth === undefined ? UNKNOWN : new Set([truth]);
  }
  if (tokens[0] === 'not') return not(truthsOf(tokens.slice(1), rows));
  return ofColumn(tokens, rows);
}

/** Numbers, texts, words and operators that name nothing. */
const CONSTANT = /^([\d.]+|'.*'|true|false|null|is|not|isnull|notnull|[<>!=]=?|<>|[-+*/%()])$/s;

const NOT_NULL = ['is not null', 'notnull', 'not null'];
const NULL = ['is null', 'isnull'];

/** What a value compared with itself says. */
const OF_ITSELF: Readonly<Record<string, boolean>> = {
  '=': true,
  '==': true,
  '<=': true,
  '>=': true,
  '<>': false,
  '!=': false,
  '<': false,
  '>': false,
};

function ofColumn([first = '', ...rest]: readonly string[], rows: SqliteRows): Truths {
  const column = ownColumn(first, rows);
  if (column === undefined) return UNKNOWN;
  const said = rest.join(' ');
  const isFilled = rows.isNeverNull(column);
  if (NOT_NULL.includes(said)) return new Set(isFilled ? [true] : [true, false]);
  if (NULL.includes(said)) return new Set(isFilled ? [false] : [true, false]);
  if (ownColumn(rest.at(-1) ?? '', rows) !== column) return UNKNOWN;
  const operator = rest.slice(0, -1).join(' ');
  if (operator === 'is') return new Set([true]);
  if (operator === 'is not') return new Set([false]);
  const found = OF_ITSELF[operator];
  return found === undefined ? UNKNOWN : ofItself(found, isFilled);
}

function ownColumn(token: string, { alias, isJoined }: SqliteRows): string | undefined {
  const own = `${alias}.`;
  const name = token.startsWith(own) ? token.slice(own.length) : token;
  if (name === token && isJoined) return undefined;
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name) ? name : undefined;
}

function isBracketed(tokens: readonly string[]): boolean {
  if (tokens[0] !== '(' || tokens.at(-1) !== ')') return false;
  let depth = 0;
  return tokens.every((token, place) => {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    return depth > 0 || place === tokens.length - 1;
  });
}

function splitAt(tokens: readonly string[], word: string): readonly (readonly string[])[] {
  const place = indexOfWord(tokens, word);
  if (place < 0) return [tokens];
  return [tokens.slice(0, place), ...splitAt(tokens.slice(place + 1), word)];
}
