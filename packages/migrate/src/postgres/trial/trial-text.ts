import type { Node, RangeVar, ScanToken } from 'libpg-query';
import type { Parser } from '../parser/parser.js';
import type { Statement } from '../parser/statements.js';
import type { NodeType } from '../parser/syntax-tree.js';
import { rangesIn } from '../parser/syntax-tree.js';

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const TEMPORARY = 'pg_temp.';

/** Statements that make what has no place in their syntax tree, and the word before its name. */
const NAMING: Readonly<Partial<Record<NodeType, readonly string[]>>> = {
  CreateDomainStmt: ['DOMAIN'],
  CreateEnumStmt: ['TYPE'],
  CreateRangeStmt: ['TYPE'],
  CreateFunctionStmt: ['FUNCTION', 'PROCEDURE'],
};

/** Words that do not go with temporary tables, or with transactions. */
function isLeftOut(type: NodeType, tokens: readonly ScanToken[], place: number): boolean {
  const word = tokens[place]?.text.toUpperCase();
  if (type === 'CreateStmt' || type === 'CreateTableAsStmt')
    return word === 'UNLOGGED' && place === 1;
  if (word !== 'CONCURRENTLY') return false;
  if (type === 'IndexStmt') return tokens[place - 1]?.text.toUpperCase() === 'INDEX';
  return type === 'AlterTableStmt' && place === tokens.length - 1;
}

/**
 * The statement, with every relation that it names in the schema of temporary tables, so that it finds and makes no
 * other. A query for a table is not run.
 * @returns undefined where it cannot be written so
 */
export function trialText(
  { text, type }: Pick<Statement, 'text' | 'type'>,
  { parse, scan }: Pick<Parser, 'parse' | 'scan'>,
): string | undefined {
  const node: Node | undefined = parse(text).stmts?.[0]?.stmt;
  const tokens = scan(text).tokens.filter(({ tokenName }) => !tokenName.endsWith('COMMENT'));
  const edits: Edit[] = [];
  for (const range of rangesIn(node)) {
    const edit = placeOf(range, tokens);
    if (!edit) return undefined;
    edits.push(edit);
  }
  const naming = NAMING[type];
  if (naming) {
    const word = tokens.findIndex((token) => naming.includes(token.text.toUpperCase()));
    const edit = word < 0 ? undefined : nameAt(tokens, word + 1);
    if (!edit) return undefined;
    edits.push(edit);
  }
  for (const [place, { start, end }] of tokens.entries())
    if (isLeftOut(type, tokens, place)) edits.push({ from: start, to: end, text: '' });
  // The copy has none: what it would be is made.
  if (type === 'AlterPolicyStmt' && tokens[0])
    edits.push({ from: tokens[0].start, to: tokens[0].end, text: 'CREATE' });
  const end = type === 'CreateTableAsStmt' ? withoutRows(tokens, Buffer.byteLength(text)) : [];
  return edited(text, [...edits, ...end]);
}

function placeOf(
  { location = 0, schemaname }: RangeVar & { readonly location?: number },
  tokens: readonly ScanToken[],
): Edit | undefined {
  const place = tokens.findIndex(({ start }) => start === location);
  if (place < 0) return undefined;
  if (schemaname !== undefined) return nameAt(tokens, place);
  return { from: location, to: location, text: TEMPORARY };
}

/** A name, with or without a schema, at a place. */
function nameAt(tokens: readonly ScanToken[], place: number): Edit | undefined {
  const [first, dot, name] = tokens.slice(place);
  if (!first) return undefined;
  const isQualified = dot?.text === '.' && name !== undefined;
  return { from: first.start, to: isQualified ? name.start : first.start, text: TEMPORARY };
}

function withoutRows(tokens: readonly ScanToken[], end: number): readonly Edit[] {
  const last = tokens.slice(-3).map(({ text }) => text.toUpperCase());
  if (last.join(' ') === 'WITH NO DATA') return [];
  const [from] = last.slice(1).join(' ') === 'WITH DATA' ? tokens.slice(-2) : [];
  return [{ from: from?.start ?? end, to: end, text: '\nWITH NO DATA' }];
}

function edited(text: string, edits: readonly Edit[]): string {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  let place = 0;
  for (const { from, to, text: instead } of edits.toSorted((one, other) => one.from - other.from)) {
    pieces.push(bytes.subarray(place, from), Buffer.from(instead));
    place = to;
  }
  return Buffer.concat([...pieces, bytes.subarray(place)]).toString();
}
