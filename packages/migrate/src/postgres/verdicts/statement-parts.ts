import type { ScanToken } from 'libpg-query';
import type { NodeType } from '../parser/syntax-tree.js';
import { loadParser } from '../parser/parser.js';
import type { Statement } from '../parser/statements.js';

/** An identifier as SQL takes it, whatever it is. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What an identifier names that may be quoted. */
export function unquoted(identifier: string): string {
  return identifier.replace(/^"(.*)"$/, '$1').replaceAll('""', '"');
}

/** A text as SQL takes it. */
export function textSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

interface Token extends Pick<ScanToken, 'start' | 'end' | 'text'> {
  /** Of the brackets that it is in; a bracket is outside of itself. */
  readonly depth: number;
}

/** One of the parts of a statement that commas separate, such as a subcommand of `ALTER TABLE`. */
export class StatementPart {
  constructor(
    private readonly bytes: Buffer,
    private readonly tokens: readonly Token[],
  ) {}

  /** What stands in the brackets after the word, the number-th time that it is there, from 0. */
  bracketsAfter(word: string, number = 0): string | undefined {
    const at = this.#find(word, number);
    const open = this.tokens.findIndex((token, place) => place > at && isAt(token, '('));
    const close = this.tokens.findIndex((token, place) => place > open && isAt(token, ')'));
    if (at < 0 || open < 0 || close < 0) return undefined;
    return this.#text(this.tokens[open]?.end, this.tokens[close]?.start);
  }

  /** All that stands after the word. */
  restAfter(word: string): string | undefined {
    const at = this.#find(word, 0);
    return at < 0 ? undefined : this.#text(this.tokens[at]?.end, this.tokens.at(-1)?.end);
  }

  #find(word: string, number: number): number {
    const places = this.tokens.flatMap((token, place) => (isAt(token, word) ? [place] : []));
    return places[number] ?? -1;
  }

  #text(from: number | undefined, to: number | undefined): string {
    return this.bytes.toString('utf8', from, to);
  }
}

function isAt({ text, depth }: Token, word: string): boolean {
  return depth === 0 && text.toUpperCase() === word;
}

const CUT: readonly NodeType[] = ['AlterTableStmt', 'IndexStmt'];
const WHOLE: readonly NodeType[] = [
  'ViewStmt',
  'CreateTableAsStmt',
  'AlterDomainStmt',
  'InsertStmt',
  'CopyStmt',
];

/** The parts of statements that have some; loads the parser. */
export async function partsOfStatements(
  statements: readonly Statement[],
): Promise<ReadonlyMap<Statement, readonly StatementPart[]>> {
  const { scan } = await loadParser();
  const cut = statements.filter(({ type }) => CUT.includes(type) || WHOLE.includes(type));
  return new Map(
    cut.map((statement) => {
      const bytes = Buffer.from(statement.text);
      const tokens = withDepth(scan(statement.text).tokens);
      const parts = CUT.includes(statement.type) ? splitAtCommas(tokens) : [tokens];
      return [statement, parts.map((tokens) => new StatementPart(bytes, tokens))];
    }),
  );
}

function splitAtCommas(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (isAt(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function withDepth(tokens: readonly Omit<Token, 'depth'>[]): readonly Token[] {
  let depth = 0;
  return tokens.map(({ start, end, text }) => {
    if (text === ')' || text === ']') depth -= 1;
    const token = { start, end, text, depth };
    if (text === '(' || text === '[') depth += 1;
    return token;
  });
}
