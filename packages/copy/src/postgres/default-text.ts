import { pgType } from '../rows/pg-type.js';
import { Reject } from '../rows/value.js';
import { constantDefault } from '../sqlite/constant-default.js';
import { literal } from '../sqlite/identifiers.js';
import type { TargetColumn } from './target-table.js';

const UTC = `now() AT TIME ZONE 'UTC'`;

/** What SQLite computes, in PostgreSQL's types. */
const MOMENTS: Readonly<Record<Moment, Readonly<Record<string, string>>>> = {
  timestamp: {
    text: `to_char(${UTC}, 'YYYY-MM-DD HH24:MI:SS')`,
    'timestamp with time zone': 'now()',
    'timestamp without time zone': `(${UTC})`,
  },
  date: { text: `to_char(${UTC}, 'YYYY-MM-DD')`, date: `(${UTC})::date` },
  time: { text: `to_char(${UTC}, 'HH24:MI:SS')`, 'time without time zone': `(${UTC})::time` },
  epoch: { bigint: 'floor(extract(epoch FROM now()))::bigint' },
};

type Moment = 'timestamp' | 'date' | 'time' | 'epoch';

const WORDS: Readonly<Record<string, Moment>> = {
  CURRENT_TIMESTAMP: 'timestamp',
  CURRENT_DATE: 'date',
  CURRENT_TIME: 'time',
  "DATETIME('NOW')": 'timestamp',
  "DATE('NOW')": 'date',
  "TIME('NOW')": 'time',
  'UNIXEPOCH()': 'epoch',
  "UNIXEPOCH('NOW')": 'epoch',
};

/**
 * SQLite's default in PostgreSQL's words.
 * @returns undefined for one that has none
 */
export function defaultText(sql: string, column: TargetColumn): string | undefined {
  const bare = withoutParentheses(sql.trim());
  const moment = WORDS[bare.toUpperCase().replaceAll(/\s+/g, '')];
  if (moment !== undefined) {
    const { name } = pgType(column.type);
    return MOMENTS[moment][name === 'character varying' ? 'text' : name];
  }
  const value = constantDefault(bare, column.source.declaredType);
  if (value === undefined) return undefined;
  if (value === null) return 'NULL';
  const converted = column.convert(value);
  if (converted instanceof Reject) return undefined;
  if (typeof converted !== 'string') return `'\\x${converted.toString('hex')}'`;
  return /^-?\d+$/.test(converted) && NUMBERS.test(column.type) ? converted : literal(converted);
}

const NUMBERS = /^(smallint|integer|bigint|numeric|real|double precision)/;

/** Without those that stand around all of it. */
function withoutParentheses(sql: string): string {
  if (!sql.startsWith('(') || !sql.endsWith(')')) return sql;
  const inner = sql.slice(1, -1).trim();
  let depth = 0;
  for (const character of inner) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0) return sql;
  }
  return withoutParentheses(inner);
}
