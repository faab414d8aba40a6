import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summaryOf } from '@holdfast/postgres/database/statement-summary';

/** What a build sends to PostgreSQL for one store, as its test suite has recorded it. */
export interface RecordedStatements {
  /** SHA-256 of the texts, in hexadecimal: builds that send the same have the same. */
  readonly digest: string;
  /** With `$1`, `$2`, …; sorted. */
  readonly texts: readonly string[];
}

/** Beside the folders of a store's migrations, so that it goes wherever they go. */
export function statementsFile(folder: string, store: string): string {
  return join(folder, store, 'statements.json');
}

/** Undefined where nothing was recorded. @param folder the project's `migrations` folder */
export function readRecordedStatements(
  folder: string,
  store: string,
): RecordedStatements | undefined {
  const file = statementsFile(folder, store);
  if (!existsSync(file)) return undefined;
  return recordedStatements(JSON.parse(readFileSync(file, 'utf8')) as string[]);
}

export function recordedStatements(texts: readonly string[]): RecordedStatements {
  return { digest: createHash('sha256').update(JSON.stringify(texts)).digest('hex'), texts };
}

/** How a statement is called in messages: what it does to which tables. */
export function statementName(text: string): string {
  return summaryOf(text).text;
}
