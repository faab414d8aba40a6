import Sqlite from 'better-sqlite3';
import type { Value } from '../rows/value.js';
import { tokensOf } from './tokens.js';

const WORDS = ['NULL', 'TRUE', 'FALSE'];
const SIGNS = ['+', '-', '(', ')'];

/**
 * What SQLite puts into a column when nothing is given: it is asked itself, because that depends on
 * the declared type.
 * @returns undefined for a default that is computed
 */
export function constantDefault(sql: string, declaredType: string): Value | undefined {
  const isConstant = tokensOf(sql).every(
    ({ kind, text }) =>
      (kind === 'word' && WORDS.includes(text.toUpperCase())) ||
      (kind === 'sign' && SIGNS.includes(text)) ||
      ['text', 'quoted', 'number', 'blob'].includes(kind),
  );
  if (!isConstant) return undefined;
  const database = new Sqlite(':memory:').defaultSafeIntegers(true);
  try {
    // A name that is none is a text to SQLite, but not in new definitions.
    const value = sql.startsWith('"')
      ? `'${sql.slice(1, -1).replaceAll('""', '"').replaceAll("'", "''")}'`
      : sql;
    database.exec(`CREATE TABLE t (id, v ${typeWords(declaredType)} DEFAULT (${value}))`);
    database.exec('INSERT INTO t (id) VALUES (1)');
    return database.prepare('SELECT v FROM t').pluck().get() as Value;
  } catch {
    // For example an integer that is written with too many digits inside parentheses: not known.
    return undefined;
  } finally {
    database.close();
  }
}

/** A declared type may be anything; in quotes it is nothing but a type. */
function typeWords(declaredType: string): string {
  return declaredType === '' ? '' : `"${declaredType.replaceAll('"', '""')}"`;
}
