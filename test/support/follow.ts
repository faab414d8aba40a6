import Sqlite from 'better-sqlite3';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { copyStarted } from './copy.js';
import { eventually } from './eventually.js';
import { sqliteFile } from './copy.js';
import type { Started } from './program.js';

/** Keys of every kind, and rows that refer to each other. */
export const FOLLOWED = `
PRAGMA journal_mode = WAL;
CREATE TABLE owners (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, note TEXT);
INSERT INTO owners (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  SELECT 'owner ' || i FROM n;
CREATE TABLE entries (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners ON DELETE CASCADE, amount REAL, raw BLOB);
INSERT INTO entries WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  SELECT i, i % 200 + 1, i / 7.0, randomblob(20) FROM n;
CREATE TABLE pairs (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES ('x', 1, 'one'), ('x', 2, 'two'), ('y', 1, 'three');
CREATE TABLE words (word TEXT NOT NULL UNIQUE COLLATE NOCASE, n INTEGER);
INSERT INTO words VALUES ('One', 1), ('Two', 2);
`;

export const TABLES = ['owners', 'entries', 'pairs', 'words'];

/** A file that a program has open. */
export function followedFile(folder: string, sql: string = FOLLOWED) {
  const path = sqliteFile(folder, sql);
  const program = new Sqlite(path, { timeout: 10_000 });
  program.pragma('foreign_keys = ON');
  return { path, program };
}

/** A copy that follows, and what it has said so far. */
export interface Follower extends Started {
  readonly said: () => string;
  /** When it has said that. */
  readonly hasSaid: (text: string | RegExp) => Promise<void>;
  readonly cutOver: () => void;
}

export function follow(path: string, target: TestDatabase, args: readonly string[] = []): Follower {
  const started = copyStarted(path, target.url, ['--follow', '--json', ...args]);
  return { ...heard(started), cutOver: () => started.process.kill('SIGUSR1') };
}

/** A process with what it has said so far on stderr. */
export function heard(started: Started): Omit<Follower, 'cutOver'> {
  let said = '';
  started.process.stderr?.on('data', (chunk: string) => (said += chunk));
  return {
    ...started,
    said: () => said,
    hasSaid: (text) => {
      const has = () => (typeof text === 'string' ? said.includes(text) : text.test(said));
      const inTime = eventually(() => {
        if (!has()) throw new Error(`it has said: ${said}`);
      });
      // At once: what it does next may be over in some milliseconds.
      const heardNow = new Promise<void>((resolve) => {
        started.process.stderr?.on('data', () => {
          if (has()) resolve();
        });
      });
      return Promise.race([inTime, heardNow]);
    },
  };
}

/** What both sides have of a table, by a way of their own: values as texts, blobs in hexadecimal. */
export async function bothSides(path: string, target: TestDatabase, table: string, columns = '*') {
  const source = new Sqlite(path, { readonly: true }).defaultSafeIntegers();
  try {
    const rows = source.prepare(`SELECT ${columns} FROM ${table}`).all() as Record<
      string,
      unknown
    >[];
    const stored = await target.query<Record<string, unknown>>(`SELECT ${columns} FROM ${table}`);
    return { source: rows.map(textOf).sort(), target: stored.map(textOf).sort() };
  } finally {
    source.close();
  }
}

function textOf(row: Record<string, unknown>): string {
  return JSON.stringify(Object.values(row), (_, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : value,
  );
}
