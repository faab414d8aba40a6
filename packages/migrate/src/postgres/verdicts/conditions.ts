import type { A_Expr, Node } from 'libpg-query';
import {
  allOf,
  anyOf,
  mapped,
  not,
  ofItself,
  type Taken,
  takenWhere,
  type Truth,
  type Truths,
  UNKNOWN,
} from '../../verdicts/truths.js';
import { asNode, textsOf } from '../parser/syntax-tree.js';
import type { LiveConstraint } from './catalogue.js';

/** What is known of the rows that a condition is about. */
interface Rows {
  readonly relation: {
    readonly columns: ReadonlyMap<string, { readonly notNull: boolean }>;
    readonly constraints: ReadonlyMap<string, Pick<LiveConstraint, 'type' | 'valid' | 'columns'>>;
  };
  /** By which the statement calls the table. */
  readonly alias: string;
  /** Whether the statement names other tables beside it. */
  readonly isJoined: boolean;
}

/** No condition takes every row, as `true`, `1 = 1` and `id IS NOT NULL` of a column that is NOT NULL do. */
export function takenBy(condition: Node | undefined, rows: Rows): Taken {
  if (!condition) return 'every';
  return takenWhere(truthsOf(condition, rows));
}

function truthsOf(node: Node | undefined, rows: Rows): Truths {
  const given = constantOf(node);
  if (given !== undefined) return truthsOfConstant(given);
  const { boolop, args = [] } = asNode(node, 'BoolExpr') ?? {};
  if (boolop) {
    const each = args.map((arg) => truthsOf(arg, rows));
    if (boolop === 'NOT_EXPR') return not(each[0] ?? UNKNOWN);
    return boolop === 'AND_EXPR' ? allOf(each) : anyOf(each);
  }
  const expression = asNode(node, 'A_Expr');
  if (expression) return comparedIn(expression, rows);
  const test = asNode(node, 'NullTest');
  if (test) {
    const wanted = test.nulltesttype === 'IS_NULL';
    const value = constantOf(test.arg);
    if (value !== undefined) return new Set([(value === null) === wanted]);
    const column = ownColumn(test.arg, rows);
    return column !== undefined && isNeverNull(rows.relation, column)
      ? new Set([!wanted])
      : new Set([true, false]);
  }
  const truth = asNode(node, 'BooleanTest');
  const asked = TESTS[truth?.booltesttype ?? ''];
  return asked ? mapped(truthsOf(truth?.arg, rows), asked) : UNKNOWN;
}

const TESTS: Readonly<Record<string, (truth: Truth) => Truth>> = {
  IS_TRUE: (truth) => truth === true,
  IS_NOT_TRUE: (truth) => truth !== true,
  IS_FALSE: (truth) => truth === false,
  IS_NOT_FALSE: (truth) => truth !== false,
  IS_UNKNOWN: (truth) => truth === null,
  IS_NOT_UNKNOWN: (truth) => truth !== null,
};

/** A comparison of two constants, or of a column with itself. */
function comparedIn({ kind, name, lexpr, rexpr }: A_Expr, rows: Rows): Truths {
  const operator = kind === 'AEXPR_OP' ? (textsOf(name)[0] ?? '') : (kind ?? '');
  const column = ownColumn(lexpr, rows);
  if (column !== undefined) {
    const isSame = column === ownColumn(rexpr, rows);
    const takesAll = LIKES.includes(textsOf(name)[0] ?? '') && constantOf(rexpr) === '%';
    const found = takesAll ? true : isSame ? OF_ITSELF[operator] : undefined;
    if (found === undefined) return UNKNOWN;
    const isCertain = operator.startsWith('AEXPR_') && !takesAll;
    return ofItself(found, isCertain || isNeverNull(rows.relation, column));
  }
  const [left, right] = [constantOf(lexpr), constantOf(rexpr)];
  if (left === undefined || right === undefined) return UNKNOWN;
  if (kind === 'AEXPR_DISTINCT') return new Set([left !== right]);
  if (kind === 'AEXPR_NOT_DISTINCT') return new Set([left === right]);
  if (left === null || right === null) return kind === 'AEXPR_OP' ? new Set([null]) : UNKNOWN;
  if (typeof left !== typeof right) return UNKNOWN;
  if (operator === '=') return new Set([left === right]);
  if (operator === '<>') return new Set([left !== right]);
  // How texts are sorted is the collation's.
  const order = typeof left === 'number' ? ORDERS[operator] : undefined;
  return order ? new Set([order(left, Number(right))]) : UNKNOWN;
}

/** LIKE and ILIKE, as the parser names them. */
const LIKES = ['~~', '~~*'];

/** What a value compared with itself says. */
const OF_ITSELF: Readonly<Record<string, boolean>> = {
  '=': true,
  '<=': true,
  '>=': true,
  '<>': false,
  '<': false,
  '>': false,
  AEXPR_NOT_DISTINCT: true,
  AEXPR_DISTINCT: false,
};

const ORDERS: Readonly<Record<string, (one: unknown, other: number) => boolean>> = {
  '<': (one, other) => Number(one) < other,
  '<=': (one, other) => Number(one) <= other,
  '>': (one, other) => Number(one) > other,
  '>=': (one, other) => Number(one) >= other,
};

/** The value of a boolean, an integer, a text, or NULL; undefined for what is none. */
function constantOf(node: Node | undefined): boolean | number | string | null | undefined {
  const { arg, typeName } = asNode(node, 'TypeCast') ?? {};
  if (arg) {
    const value = constantOf(arg);
    if (value === null || typeof value === 'boolean') return value;
    if (textsOf(typeName?.names).at(-1) !== 'bool') return undefined;
    return BOOLEANS[String(value).toLowerCase()];
  }
  const constant = asNode(node, 'A_Const');
  if (!constant) return undefined;
  if (constant.isnull) return null;
  if (constant.boolval) return constant.boolval.boolval ?? false;
  if (constant.ival) return constant.ival.ival ?? 0;
  return constant.sval?.sval ?? (constant.sval ? '' : undefined);
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['t', 'true', 'y', 'yes', 'on', '1'].map((word) => [word, true])),
  ...Object.fromEntries(['f', 'false', 'n', 'no', 'off', '0'].map((word) => [word, false])),
};

/** Of a condition that is one value. */
function truthsOfConstant(value: boolean | number | string | null): Truths {
  if (value === null || typeof value === 'boolean') return new Set([value]);
  const truth = typeof value === 'string' ? BOOLEANS[value.toLowerCase()] : undefined;
  return truth === undefined ? UNKNOWN : new Set([truth]);
}

/** The name of a column of the table itself. */
function ownColumn(node: Node | undefined, { alias, isJoined }: Rows): string | undefined {
  const names = textsOf(asNode(node, 'ColumnRef')?.fields);
  const name = names.at(-1);
  if (names.length === 1 && !isJoined) return name;
  return names.length === 2 && names[0] === alias ? name : undefined;
}

/** Not where rows from before a NOT NULL that is NOT VALID may lack it. */
function isNeverNull({ columns, constraints }: Rows['relation'], name: string): boolean {
  const own = [...constraints.values()].filter((each) => each.columns.includes(name));
  if (own.some(({ type, valid }) => type === 'n' && !valid)) return false;
  return columns.get(name)?.notNull === true || own.some(({ type }) => type === 'p');
}
