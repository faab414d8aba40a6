import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { atEnd, ended } from './bench.mjs';

const [typescript, serverProgram] = ['typescript.mjs', 'postgres-server.mjs'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

/**
 * The server of `DATABASE_URL`, or one that the bench starts; `about` is a line for the report.
 * @returns {Promise<{ url: string, about: string }>}
 */
export async function postgresServer() {
  const given = process.env.DATABASE_URL;
  if (given) return { url: given, about: 'PostgreSQL of DATABASE_URL' };
  // In a process group of its own: Ctrl-C on the terminal reaches it through the bench.
  const child = spawn(process.execPath, ['--import', typescript, serverProgram], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  atEnd(() => {
    child.stdin.end();
    return ended(child);
  });
  const [url] = await Promise.race([
    once(child.stdout, 'data'),
    ended(child).then(() => Promise.reject(new Error('PostgreSQL did not start'))),
  ]);
  return { url: String(url).trim(), about: 'PostgreSQL started by the bench' };
}

/**
 * A new, empty database, dropped when the bench ends.
 * @param {string} server
 * @returns {Promise<string>} its connection string
 */
export async function createDatabase(server) {
  const name = `holdfast_bench_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  atEnd(() => query(server, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * @param {string} url
 * @param {string} sql
 * @returns {Promise<Record<string, unknown>[]>}
 */
export async function query(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
