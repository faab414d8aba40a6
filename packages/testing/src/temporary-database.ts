import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type BorrowedServer, borrowServer } from './shared-cluster.js';

/** A new, empty database; dropped by `drop`. */
export interface TestDatabase {
  readonly url: string;
  query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/**
 * @param server defaults to that of TEST_DATABASE_URL, with the right to create databases; where that is not
 * set, to an embedded one, which goes when the last database of this process is dropped
 * @param options of `CREATE DATABASE`
 */
export async function createDatabase(server?: string, options = ''): Promise<TestDatabase> {
  const borrowed = server === undefined ? await defaultServer() : given(server);
  const name = `holdfast_test_${randomBytes(6).toString('hex')}`;
  try {
    await once(borrowed.url, `CREATE DATABASE ${name} ${options}`);
  } catch (error) {
    await borrowed.release();
    throw error;
  }
  const url = new URL(borrowed.url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (sql, values) => once(url.href, sql, values),
    drop: async () => {
      await once(borrowed.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await borrowed.release();
    },
  };
}

/** The connection string of TEST_DATABASE_URL. */
export function testServer(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL names no server');
  return url;
}

async function defaultServer(): Promise<BorrowedServer> {
  return process.env.TEST_DATABASE_URL ? given(testServer()) : borrowServer();
}

function given(url: string): BorrowedServer {
  return { url, release: () => Promise.resolve() };
}

async function once<Row extends object>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
