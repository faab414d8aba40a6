/**
 * What SQLite keeps only as text: the statements in `sqlite_schema`, cut into tokens. Comments are
 * left out, words and quoted names are in lower case, for SQLite does not tell them apart.
 */
export function tokensOf(sql: string): readonly string[] {
  return [...sql.matchAll(TOKEN)].flatMap(([token]) =>
    /^(\s|--|\/\*)/.test(token) ? [] : [normalised(token)],
  );
}

export const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}\p{N}_$.]+|<>|[<>!=]=|\|\||<<|>>|->>|->|./gsu;

function normalised(token: string): string {
  if (token.startsWith("'")) return token;
  if (token.startsWith('"')) return named(token.slice(1, -1).replaceAll('""', '"'));
  if (token.startsWith('`')) return named(token.slice(1, -1).replaceAll('``', '`'));
  if (token.startsWith('[') && token.endsWith(']')) return named(token.slice(1, -1));
  return token.toLowerCase();
}

/** Words that begin something in a definition; as names they are told apart by their quotes. */
const WORDS = new Set(
  'constraint primary unique check foreign references collate default not null generated as'.split(
    ' ',
  ),
);

function named(name: string): string {
  const lower = name.toLowerCase();
  const plain = /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(lower) && !WORDS.has(lower);
  return plain ? lower : `"${lower.replaceAll('"', '""')}"`;
}

/** Tokens as a text with the usual blanks. */
export function textOf(tokens: readonly string[]): string {
  return tokens.reduce((text, token) => {
    const glued = text === '' || text.endsWith('(') || token === ')' || token === ',';
    return `${text}${glued ? '' : ' '}${token}`;
  }, '');
}

/** The tokens between the first parenthesis at or behind `from` and the one that closes it. */
export function parenthesised(tokens: readonly string[], from = 0): readonly string[] {
  const open = tokens.indexOf('(', from);
  if (open < 0) return [];
  let depth = 0;
  for (let position = open; position < tokens.length; position += 1) {
    if (tokens[position] === '(') depth += 1;
    if (tokens[position] === ')') depth -= 1;
    if (depth === 0) return tokens.slice(open + 1, position);
  }
  return tokens.slice(open + 1);
}

/** Splits at the commas that are in no parentheses. */
export function splitAtCommas(tokens: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** Where the word is, outside parentheses; -1 for nowhere. */
export function indexOfWord(tokens: readonly string[], word: string, from = 0): number {
  let depth = 0;
  for (let position = 0; position < tokens.length; position += 1) {
    if (tokens[position] === '(') depth += 1;
    if (tokens[position] === ')') depth -= 1;
    if (depth === 0 && position >= from && tokens[position] === word) return position;
  }
  return -1;
}
