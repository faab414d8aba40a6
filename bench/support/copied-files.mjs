import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { join } from 'node:path';

/**
 * @typedef {object} CopiedFile
 * @property {string} name of the file and of its table
 * @property {number} rows
 * @property {string} sqlite the database
 * @property {string} text the same rows in COPY's text format
 * @property {string} rowsForCsv SQL of SQLite: the rows as PostgreSQL takes them from CSV
 * @property {string} create the table in PostgreSQL
 * @property {string} finish what it gets after its rows
 * @property {Record<string, string>} pgloader its settings for such rows
 */

/**
 * 2,000,000 rows of an integer key, integer, real, short text, time as text, boolean.
 * @param {string} folder
 * @param {number} rows
 */
export function narrowFile(folder, rows) {
  const random = randomNumbers(1);
  return makeFile(folder, {
    name: 'narrow',
    rows,
    define: `CREATE TABLE narrow (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, amount REAL NOT NULL,
               label TEXT NOT NULL, created_at TEXT NOT NULL, active INTEGER NOT NULL)`,
    create: `CREATE TABLE narrow (id bigint NOT NULL, account bigint NOT NULL, amount double precision NOT NULL,
               label text NOT NULL, created_at text NOT NULL, active bigint NOT NULL)`,
    rowsForCsv: 'SELECT * FROM narrow',
    row: (number) => [
      number,
      Math.floor(random() * 1e9),
      random() * 1e6,
      `label ${Math.floor(random() * 1e9).toString(36)}`,
      new Date(1.6e12 + Math.floor(random() * 1e11)).toISOString(),
      random() < 0.5 ? 1 : 0,
    ],
    pgloader: { 'batch rows': '25000', 'prefetch rows': '100000' },
  });
}

const WORDS =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma'.split(
    ' ',
  );

/**
 * Rows of a UUID as text, 2 KB of JSON text, 500 bytes.
 * @param {string} folder
 * @param {number} rows
 */
export function wideFile(folder, rows) {
  const random = randomNumbers(2);
  const word = () => WORDS[Math.floor(random() * WORDS.length)];
  const bytes = (length) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const uuid = () =>
    bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const item = () => ({
    id: Math.floor(random() * 1e9),
    name: `${word()} ${word()}`,
    price: Math.floor(random() * 1e6) / 100,
    note: `said "${word()}"`,
  });
  const json = () => {
    const items = [];
    let text;
    do {
      items.push(item());
      text = JSON.stringify({ items });
    } while (text.length < 2000);
    return text;
  };
  return makeFile(folder, {
    name: 'wide',
    rows,
    define:
      'CREATE TABLE wide (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, bytes BLOB NOT NULL)',
    create: 'CREATE TABLE wide (id text NOT NULL, body text NOT NULL, bytes bytea NOT NULL)',
    rowsForCsv: "SELECT id, body, '\\x' || hex(bytes) FROM wide",
    row: () => [uuid(), json(), bytes(500)],
    pgloader: { 'batch rows': '2500', 'prefetch rows': '5000' },
  });
}

/** @returns {Promise<CopiedFile>} */
async function makeFile(folder, { name, rows, define, row, ...described }) {
  const sqlite = join(folder, `${name}.sqlite`);
  const text = join(folder, `${name}.copy`);
  const database = new Sqlite(sqlite);
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${define}; BEGIN`);
  const lines = createWriteStream(text);
  const places = row(0).map(() => '?');
  const insert = database.prepare(`INSERT INTO ${name} VALUES (${places.join(', ')})`);
  for (let number = 1; number <= rows; number += 1) {
    const values = row(number);
    insert.run(values);
    if (!lines.write(`${values.map(fieldOf).join('\t')}\n`)) await once(lines, 'drain');
  }
  database.exec('COMMIT');
  database.close();
  await once(lines.end(), 'close');
  const finish = `ALTER TABLE ${name} ADD PRIMARY KEY (id)`;
  return { ...described, name, rows, sqlite, text, finish };
}

function fieldOf(value) {
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
  return typeof value === 'string' ? value.replaceAll('\\', '\\\\') : String(value);
}

/** The same numbers from 0 to 1 in every run (Numerical Recipes' generator). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
