import { TOKEN, tokensOf } from '../../schema/sqlite-ddl.js';

/** One statement of an SQLite migration. */
export interface SqliteStatement {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Of the file, from 1. */
  readonly line: number;
  /** Where it begins, in UTF-16 units. */
  readonly offset: number;
  /** Without the semicolon, and without the comments around it. */
  readonly text: string;
  /** As `tokensOf` has them: in lower case, without comments. */
  readonly tokens: readonly string[];
}

/** Cuts at the semicolons, as the shell of SQLite does: those within a trigger belong to it. */
export function sqliteStatements(sql: string): readonly SqliteStatement[] {
  const statements: SqliteStatement[] = [];
  let from: number | undefined;
  let to = 0;
  let words: string[] = [];
  const end = () => {
    if (from === undefined) return;
    const text = sql.slice(from, to);
    statements.push({
      number: statements.length + 1,
      line: sql.slice(0, from).split('\n').length,
      offset: from,
      text,
      tokens: tokensOf(text),
    });
    from = undefined;
    words = [];
  };
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (/^(\s|--|\/\*)/.test(token)) continue;
    if (token === ';' && (from === undefined || isWhole(words))) {
      end();
      continue;
    }
    from ??= index;
    to = index + token.length;
    words.push(token.toLowerCase());
  }
  end();
  return statements;
}

/** A trigger ends with the `END` that follows a semicolon. */
function isWhole(words: readonly string[]): boolean {
  const isTrigger = /^create (temp |temporary )?trigger$/.test(
    words.slice(0, words.indexOf('trigger') + 1).join(' '),
  );
  return !isTrigger || (words.at(-1) === 'end' && words.at(-2) === ';');
}
