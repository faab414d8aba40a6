import { loadParser } from '../parser/parser.js';
import { asNode, columnsIn } from '../parser/syntax-tree.js';
import type { ExpressionFacts } from './expression-facts.js';
import type { TableChange } from './judge-columns.js';
import { type Known, provedType } from './never-fails.js';
import type { TableUse } from './statement-use.js';

/** In words: what the server computes of rows that are written, and may fail. */
export async function judgeExpressions(
  { before, after }: TableChange,
  { inserts, updates }: TableUse,
): Promise<readonly string[]> {
  if (inserts.length === 0 && updates.length === 0) return [];
  const isNew = (wanted: ExpressionFacts) =>
    !before.expressions.some(
      ({ whole, type, required }) =>
        whole === wanted.whole && type === wanted.type && (required || !wanted.required),
    );
  const said: string[] = [];
  for (const expression of after.expressions.filter(isNew)) {
    const { name, text, foreign } = expression;
    if (foreign || !(await isProved(expression, after.columns)))
      said.push(`${name} of ${after.name} has ${text}, which may fail for what is written`);
  }
  return said;
}

async function isProved(
  { text, type, required }: ExpressionFacts,
  columns: readonly Known[],
): Promise<boolean> {
  const { parse } = await loadParser();
  const [only] = parse(`SELECT (${text})`).stmts ?? [];
  const [target] = asNode(only?.stmt, 'SelectStmt')?.targetList ?? [];
  const expression = asNode(target, 'ResTarget')?.val;
  const made = provedType(expression, columns);
  if (made === undefined) return false;
  if (type === null) return true;
  const fits = made === type || type === 'text' || type === 'character varying';
  return fits && (!required || (!mayBeNone(text) && areRequired(columnsIn(expression), columns)));
}

/** A part of a document may be none. */
function mayBeNone(text: string): boolean {
  return text.includes('->') || /\bNULL\b/.test(text);
}

function areRequired(names: readonly string[], columns: readonly Known[]): boolean {
  return names.every((wanted) => columns.some(({ name, notNull }) => name === wanted && notNull));
}
