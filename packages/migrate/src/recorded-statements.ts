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
  /** The routes that send a text, such as `GET /orders/{order_id}`; none where no route was recorded with it. */
  readonly routesOf: (text: string) => readonly string[];
}

/** By route, the keys of what it sends. */
export type RecordedRoutes = Readonly<Record<string, readonly string[]>>;

/** Beside the folders of a store's migrations, so that it goes wherever they go. */
export function statementsFile(folder: string, store: string): string {
  return join(folder, store, 'statements.json');
}

/** Beside `statementsFile`. */
export function routesFile(folder: string, store: string): string {
  return join(folder, store, 'routes.json');
}

/** Undefined where nothing was recorded. @param folder the project's `migrations` folder */
export function readRecordedStatements(
  folder: string,
  store: string,
): RecordedStatements | undefined {
  const texts = readJson(statementsFile(folder, store)) as readonly string[] | undefined;
  return texts && recordedStatements(texts, readRecordedRoutes(folder, store));
}

/** Empty where nothing was recorded. @param folder the project's `migrations` folder */
export function readRecordedRoutes(folder: string, store: string): RecordedRoutes {
  return (readJson(routesFile(folder, store)) ?? {}) as RecordedRoutes;
}

export function recordedStatements(
  texts: readonly string[],
  routes: RecordedRoutes = {},
): RecordedStatements {
  const entries = Object.entries(routes);
  return {
    digest: createHash('sha256').update(JSON.stringify(texts)).digest('hex'),
    texts,
    routesOf: (text) => {
      const key = statementKey(text);
      return entries.filter(([, keys]) => keys.includes(key)).map(([route]) => route);
    },
  };
}

/** The first 16 hexadecimal digits of the SHA-256 of a text. */
export function statementKey(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** How a statement is called in messages: what it does to which tables. */
export function statementName(text: string): string {
  return summaryOf(text).text;
}

function readJson(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
