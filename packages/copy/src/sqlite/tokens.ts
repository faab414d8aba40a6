/** A piece of SQLite's SQL. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'blob' | 'sign';
  /** As it stands there. */
  readonly text: string;
  /** What a `quoted` name or a `text` says. */
  readonly value: string;
}

const PATTERN =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<blob>[xX]'[0-9a-fA-F]*')|(?<text>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|(?<sign><=|>=|<>|!=|==|\|\||<<|>>|->>|->|[\s\S])/gu;

/** Without blanks and comments. */
export function tokensOf(sql: string): readonly Token[] {
  return [...sql.matchAll(PATTERN)].flatMap(({ groups = {}, 0: text }) => {
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    if (kind === undefined || kind === 'space') return [];
    return [{ kind: kind as Token['kind'], text, value: valueOf(kind, text) }];
  });
}

function valueOf(kind: string, text: string): string {
  if (kind !== 'text' && kind !== 'quoted') return text;
  const [open = ''] = text;
  return text.slice(1, -1).replaceAll(open + open, open);
}

/** Where the parenthesis that opens at a place is closed. */
export function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '(') depth += 1;
    if (tokens[at]?.text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}
