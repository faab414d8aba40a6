/** What a statement does to what, without any value of it. */
export interface StatementSummary {
  /** What of each part is done to which table, such as `INSERT proposals SELECT proposals`; 255 characters at most. */
  readonly text: string;
  /** Of the part that writes first, or of the first one. */
  readonly operation: string;
  /** Its table; undefined where it has none. */
  readonly table: string | undefined;
}

interface Part {
  readonly operation: string;
  readonly table: string | undefined;
}

/** What OpenTelemetry's conventions for databases allow. */
const MOST_CHARACTERS = 255;
/** Beside what is written in the code, statements differ in their conditions only. */
const MOST_KEPT = 1000;

/**
 * Comments and literals, of which nothing is told; then names, in quotes or not, with their schema, and what
 * parentheses and semicolons divide.
 */
const TOKENS = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`/\*[\s\S]*?\*/`,
    String.raw`\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'`,
    String.raw`'(?:[^']|'')*'`,
    String.raw`\$(\w*)\$[\s\S]*?\$\1\$`,
    String.raw`(?<name>(?:"(?:[^"]|"")*"|[A-Za-z_]\w*)(?:\.(?:"(?:[^"]|"")*"|[A-Za-z_]\w*))*)`,
    String.raw`(?<mark>[();])`,
    String.raw`[:$][\w]+`,
  ].join('|'),
  'g',
);

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** A table may follow these, too: `UPDATE ONLY orders`. */
const BEFORE_TABLE = new Set(['INTO', 'ONLY', 'LATERAL']);
/** `ON CONFLICT DO UPDATE`, `FOR UPDATE`, `FOR NO KEY UPDATE`: no UPDATE of its own. */
const BEFORE_NO_UPDATE = new Set(['DO', 'FOR', 'KEY', 'ON']);

const kept = new Map<string, StatementSummary>();

/** @param statement in the SQL of PostgreSQL or SQLite; what is no SQL is summarised somehow, and never fails */
export function summaryOf(statement: string): StatementSummary {
  const known = kept.get(statement);
  if (known) return known;
  const made = summarised(partsOf(statement));
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(statement, made);
  return made;
}

function summarised(parts: readonly Part[]): StatementSummary {
  const { operation, table } = parts.find((part) => WRITES.has(part.operation)) ??
    parts[0] ?? { operation: 'SELECT', table: undefined };
  const texts = parts.map((part) => [part.operation, part.table].filter(Boolean).join(' '));
  let text = '';
  for (const each of new Set(texts)) {
    const longer = text === '' ? each : `${text} ${each}`;
    if (longer.length > MOST_CHARACTERS) break;
    text = longer;
  }
  return { text: text || operation, operation, table };
}

function partsOf(statement: string): readonly Part[] {
  const tokens = [...statement.matchAll(TOKENS)].flatMap(({ groups = {} }) => {
    const token = groups.name ?? groups.mark;
    return token === undefined ? [] : [token];
  });
  const parts: Part[] = [];
  /** Of each level of parentheses: whether a FROM in it names tables, as that of `extract(day FROM x)` does not. */
  const levels = [false];
  const defined = definedNames(tokens);
  const tableAt = (index: number) => {
    let at = index;
    while (BEFORE_TABLE.has(tokens[at]?.toUpperCase() ?? '')) at += 1;
    const name = tokens[at] ?? '';
    const isTable = /^["A-Za-z_]/.test(name) && tokens[at + 1] !== '(';
    // `INSERT INTO orders (id)` has a parenthesis behind it.
    const isInserted = tokens[at - 1]?.toUpperCase() === 'INTO';
    const bare = name.replaceAll('"', '');
    return (isTable || (isInserted && name !== '(')) && !defined.has(bare) ? bare : undefined;
  };
  for (const [index, token] of tokens.entries()) {
    const word = token.toUpperCase();
    const before = tokens[index - 1]?.toUpperCase() ?? ';';
    if (token === '(') levels.push(false);
    else if (token === ')') levels.pop();
    else if (word === 'SELECT') levels[levels.length - 1] = true;
    else if (word === 'FROM' || word === 'JOIN') {
      const table = tableAt(index + 1);
      const isOfTables = levels.at(-1) === true && before !== 'DISTINCT';
      if (before === 'DELETE') parts.push({ operation: 'DELETE', table });
      else if (isOfTables && table !== undefined) parts.push({ operation: 'SELECT', table });
    } else if (
      word === 'INTO' &&
      (before === 'INSERT' || before === 'MERGE' || isOrOf(tokens, index))
    ) {
      parts.push({ operation: before === 'MERGE' ? before : 'INSERT', table: tableAt(index) });
    } else if (word === 'UPDATE' && !BEFORE_NO_UPDATE.has(before)) {
      parts.push({ operation: word, table: tableAt(index + 1) });
    } else if (before === ';' && !['WITH', 'INSERT', 'DELETE', 'MERGE', ';'].includes(word)) {
      parts.push({ operation: word, table: undefined });
    }
    if (word === 'UPDATE' || before === 'DELETE') levels[levels.length - 1] = true;
  }
  // A SELECT that has tables is told with them.
  const hasTables = parts.some(
    ({ operation, table }) => operation === 'SELECT' && table !== undefined,
  );
  return parts.filter(
    ({ operation, table }) => !(hasTables && operation === 'SELECT' && table === undefined),
  );
}

/** SQLite's `INSERT OR IGNORE INTO`. */
function isOrOf(tokens: readonly string[], index: number): boolean {
  return tokens[index - 2]?.toUpperCase() === 'OR' && tokens[index - 3]?.toUpperCase() === 'INSERT';
}

/** Of `WITH name AS (…)`: no tables. */
function definedNames(tokens: readonly string[]): ReadonlySet<string> {
  if (tokens[0]?.toUpperCase() !== 'WITH') return new Set();
  const names = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (token.toUpperCase() !== 'AS') continue;
    const next = tokens[index + 1]?.toUpperCase();
    if (next !== '(' && next !== 'MATERIALIZED' && next !== 'NOT') continue;
    let at = index - 1;
    // `WITH name (a, b) AS (…)`
    if (tokens[at] === ')') while (at > 0 && tokens[at] !== '(') at -= 1;
    const name = tokens[tokens[at] === '(' ? at - 1 : at];
    if (name !== undefined) names.add(name.replaceAll('"', ''));
  }
  return names;
}
