import { indexOfWord, splitAtCommas } from '../../schema/sqlite-ddl.js';

/** A column that SET names, and whether it is given what it holds. */
export interface SetColumn {
  readonly name: string;
  readonly isItself: boolean;
}

/** What an UPDATE sets, and where. */
export interface SqliteUpdate {
  readonly columns: readonly SetColumn[];
  readonly isJoined: boolean;
  readonly where: readonly string[] | undefined;
}

/** What ends a clause. */
const ENDS = ['from', 'where', 'returning', 'order', 'limit'];

/** From SET on, of an UPDATE of that table or of what ON CONFLICT does. */
export function updateIn(table: string, tokens: readonly string[]): SqliteUpdate {
  const set = clause(tokens, 'set') ?? [];
  const columns = splitAtCommas(set).flatMap((part) => {
    const equals = indexOfWord(part, '=');
    const names = part.slice(0, equals).filter((token) => !['(', ')', ','].includes(token));
    const [value = '', ...more] = part.slice(equals + 1);
    const isItself = more.length === 0 && value.replace(`${table}.`, '') === names[0];
    return names.map((name) => ({ name, isItself: isItself && names.length === 1 }));
  });
  return { columns, isJoined: indexOfWord(tokens, 'from') >= 0, where: whereIn(tokens) };
}

/** What each ON CONFLICT of an INSERT updates. */
export function upsertsIn(table: string, tokens: readonly string[]): readonly SqliteUpdate[] {
  const place = tokens.findIndex((token, at) => token === 'do' && tokens[at + 1] === 'update');
  if (place < 0) return [];
  const rest = tokens.slice(place + 2);
  const next = rest.findIndex((token, at) => token === 'on' && rest[at + 1] === 'conflict');
  const own = next < 0 ? rest : rest.slice(0, next);
  return [{ ...updateIn(table, own), isJoined: true }, ...upsertsIn(table, rest)];
}

/** The condition; undefined where there is none. */
export function whereIn(tokens: readonly string[]): readonly string[] | undefined {
  return clause(tokens, 'where');
}

function clause(tokens: readonly string[], word: string): readonly string[] | undefined {
  const from = indexOfWord(tokens, word);
  if (from < 0) return undefined;
  const ends = ENDS.map((end) => indexOfWord(tokens, end, from + 1)).filter((at) => at >= 0);
  return tokens.slice(from + 1, Math.min(...ends, tokens.length));
}
