import type { A_Expr, Node, TypeCast } from 'libpg-query';
import { asNode, textsOf } from '../parser/syntax-tree.js';

/** Columns that an expression may name. */
export interface Known {
  readonly name: string;
  /** As PostgreSQL writes it, with its modifier. */
  readonly type: string;
  readonly notNull: boolean;
}

/** Of any value of their arguments they make one, by the type of what they make. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['lower', 'text'],
  ['upper', 'text'],
  ['md5', 'text'],
  ['length', 'integer'],
]);
const COMPARISONS = ['=', '<>', '!=', '<', '<=', '>', '>='];
/** Of a document their result is NULL where there is no such part. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ['->', 'jsonb'],
  ['->>', 'text'],
]);
/** Whatever has a text can be one of them. */
const TEXTS: readonly (string | undefined)[] = ['text', 'character varying'];
/** By the names that the parser has for them: a literal of one is read once, with the statement. */
const LITERALS: ReadonlyMap<string, string> = new Map([
  ['text', 'text'],
  ['varchar', 'character varying'],
  ['bpchar', 'bpchar'],
  ['bool', 'boolean'],
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
  ['numeric', 'numeric'],
  ['float8', 'double precision'],
  ['date', 'date'],
  ['timestamp', 'timestamp without time zone'],
  ['timestamptz', 'timestamp with time zone'],
  ['uuid', 'uuid'],
  ['jsonb', 'jsonb'],
]);
/** The type of a literal that has none of its own. */
const LITERAL = 'unknown';

/**
 * The type of an expression of which it is known that it fails for no row; undefined where that is not known.
 * It takes names of functions and operators for PostgreSQL's own.
 */
export function provedType(node: Node | undefined, columns: readonly Known[]): string | undefined {
  const column = asNode(node, 'ColumnRef');
  if (column) {
    const names = textsOf(column.fields);
    return columns.find(({ name }) => names.length === 1 && name === names[0])?.type;
  }
  if (asNode(node, 'A_Const')) return typeOfLiteral(node);
  const cast = asNode(node, 'TypeCast');
  if (cast) return typeOfCast(cast, columns);
  const collated = asNode(node, 'CollateClause');
  if (collated) return provedType(collated.arg, columns);
  const expression = asNode(node, 'A_Expr');
  if (expression) return typeOfOperation(expression, columns);
  return typeOfCall(node, columns) ?? typeOfTest(node, columns);
}

const areProved = (nodes: readonly Node[] | undefined, columns: readonly Known[]) =>
  (nodes ?? []).every((each) => provedType(each, columns) !== undefined);

function typeOfLiteral(node: Node | undefined): string {
  const { ival, fval, boolval } = asNode(node, 'A_Const') ?? {};
  if (ival) return 'integer';
  if (fval) return 'numeric';
  return boolval ? 'boolean' : LITERAL;
}

function typeOfCast({ arg, typeName }: TypeCast, columns: readonly Known[]): string | undefined {
  const names = textsOf(typeName?.names);
  const isOwn = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
  const type = isOwn ? LITERALS.get(names.at(-1) ?? '') : undefined;
  if (type === undefined || (typeName?.typmods ?? []).length > 0) return undefined;
  const isArray = (typeName?.arrayBounds ?? []).length > 0;
  if (asNode(arg, 'A_Const'))
    return typeOfLiteral(arg) === LITERAL ? `${type}${isArray ? '[]' : ''}` : undefined;
  if (isArray) {
    const elements = asNode(arg, 'A_ArrayExpr')?.elements;
    const isList = elements !== undefined && TEXTS.includes(type) && areProved(elements, columns);
    return isList ? `${type}[]` : undefined;
  }
  const from = provedType(arg, columns);
  return from !== undefined && (from === type || TEXTS.includes(type)) ? type : undefined;
}

function typeOfOperation(
  { kind, name, lexpr, rexpr }: A_Expr,
  columns: readonly Known[],
): string | undefined {
  const [operator = '', schema] = textsOf(name).toReversed();
  if (schema !== undefined) return undefined;
  const left = provedType(lexpr, columns);
  if (left === undefined) return undefined;
  const values = asNode(rexpr, 'List')?.items;
  if (kind === 'AEXPR_IN') return values?.every(isConstant) ? 'boolean' : undefined;
  if (kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_OP_ALL')
    return COMPARISONS.includes(operator) && isConstant(rexpr) && provedType(rexpr, columns)
      ? 'boolean'
      : undefined;
  const right = provedType(rexpr, columns);
  if (kind !== 'AEXPR_OP' || right === undefined) return undefined;
  if (COMPARISONS.includes(operator))
    return isConstant(lexpr) || isConstant(rexpr) ? 'boolean' : undefined;
  if (operator === '||') return [left, right].every(isText) ? 'text' : undefined;
  return left === 'jsonb' && isConstant(rexpr) ? PARTS.get(operator) : undefined;
}

/** Joined with another text it is a text. */
function isText(type: string): boolean {
  return type === LITERAL || /^(?:text|character varying(?:\(\d+\))?)$/.test(type);
}

function isConstant(node: Node | undefined): boolean {
  if (asNode(node, 'A_Const')) return true;
  const cast = asNode(node, 'TypeCast');
  if (cast) return provedType(node, []) !== undefined;
  return asNode(node, 'A_ArrayExpr')?.elements?.every(isConstant) ?? false;
}

function typeOfCall(node: Node | undefined, columns: readonly Known[]): string | undefined {
  const { args: either } = asNode(node, 'CoalesceExpr') ?? {};
  if (either) {
    const types = either.map((each) => provedType(each, columns));
    if (types.every((each) => each !== undefined && isText(each))) return 'text';
    const [type] = types;
    return types.every((each) => each === type || each === LITERAL) ? type : undefined;
  }
  const list = asNode(node, 'A_ArrayExpr')?.elements;
  if (list) return list.every(isConstant) && areProved(list, columns) ? 'anyarray' : undefined;
  const { funcname, args = [], ...more } = asNode(node, 'FuncCall') ?? {};
  const names = textsOf(funcname);
  if (names.length !== 1 || args.length !== 1 || 'over' in more || 'agg_filter' in more)
    return undefined;
  const of = provedType(args[0], columns);
  return of !== undefined && isText(of) ? FUNCTIONS.get(names[0] ?? '') : undefined;
}

function typeOfTest(node: Node | undefined, columns: readonly Known[]): string | undefined {
  const of =
    asNode(node, 'BoolExpr')?.args ??
    [asNode(node, 'NullTest')?.arg, asNode(node, 'BooleanTest')?.arg].filter(
      (each) => each !== undefined,
    );
  return of.length > 0 && areProved(of, columns) ? 'boolean' : undefined;
}
