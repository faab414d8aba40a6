import { closing, type Token, tokensOf } from './tokens.js';

/** What is written of a column in its table's definition, and what no pragma tells. */
export interface ColumnDefinition {
  /** Other than BINARY, in capitals. */
  readonly collation: string | undefined;
  /** What a generated column is computed from. */
  readonly expression: readonly Token[] | undefined;
}

/** The columns in a CREATE TABLE, by their names in lower case. */
export function columnDefinitions(sql: string): ReadonlyMap<string, ColumnDefinition> {
  const tokens = tokensOf(sql);
  const open = tokens.findIndex(({ text }) => text === '(');
  if (open < 0) return new Map();
  return new Map(
    parted(tokens.slice(open + 1, closing(tokens, open))).flatMap(
      ([name, ...words]): [string, ColumnDefinition][] =>
        name ? [[name.value.toLowerCase(), definitionOf(words)]] : [],
    ),
  );
}

/** Tokens between commas that are in no parentheses. */
export function parted(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function definitionOf(words: readonly Token[]): ColumnDefinition {
  let collation: string | undefined;
  let expression: readonly Token[] | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]?.kind === 'word' ? words[at]?.text.toUpperCase() : undefined;
    if (word === 'COLLATE') collation = words[at + 1]?.value.toUpperCase();
    const isOpen = words[at + 1]?.text === '(';
    if (word === 'AS' && isOpen) expression = words.slice(at + 2, closing(words, at + 1));
    if (words[at]?.text === '(') at = closing(words, at);
  }
  return { collation: collation === 'BINARY' ? undefined : collation, expression };
}
