import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './bench.mjs';
import { inherited } from './servers.mjs';

const LIMIT_MS = 60_000;

/**
 * @typedef {object} Moved
 * @property {number | null} code null when it was killed
 * @property {string} output of both streams
 *
 * @typedef {object} Mover
 * @property {string} name
 * @property {string} [missing] what has to be installed
 * @property {string} [version]
 * @property {RegExp} tells by which a run that ends with 0 says that something is not as it was
 * @property {(file: string, url: string, type: string, folder: string) => Promise<Moved>} move the table
 * `t (id INTEGER PRIMARY KEY, v TYPE)`
 */

/** What the declared types are made by hand, for a mover that makes no tables. */
const BY_HAND = {
  INTEGER: 'bigint',
  INT: 'bigint',
  BOOLEAN: 'boolean',
  REAL: 'double precision',
  FLOAT: 'double precision',
  BLOB: 'bytea',
  DATETIME: 'timestamp',
  '': 'text',
};

/** @returns {readonly Mover[]} */
export function movers() {
  return [
    {
      name: 'holdfast copy',
      version: run(process.execPath, [join(root, 'dist/cli.js'), '--version']),
      tells: /^(rejected|note|orphans|type): /m,
      move: async (file, url, _, folder) => {
        const target = join(folder, 'target');
        await writeFile(target, url);
        const args = [join(root, 'dist/cli.js'), 'copy', '--from', file, '--to-file', target];
        return moved(process.execPath, args, folder);
      },
    },
    {
      name: 'pgloader',
      ...installed('pgloader', ['--version'], /version "([^"]+)"/),
      tells: /\b(WARNING|ERROR|FATAL)\b/,
      move: async (file, url, _, folder) => {
        const script = join(folder, 'pgloader.load');
        const into = url.replace(/^postgres:/, 'postgresql:');
        await writeFile(
          script,
          `LOAD DATABASE FROM sqlite://${file} INTO ${into} WITH include drop, create tables, create indexes, reset sequences;\n`,
        );
        return moved('pgloader', ['--root-dir', join(folder, 'pgloader'), script], folder);
      },
    },
    {
      name: 'sqlite3 -csv, psql',
      ...installed('sqlite3', ['--version'], /^(\S+)/),
      tells: /\b(WARNING|ERROR|FATAL)\b/i,
      move: (file, url, type, folder) => {
        const made = `CREATE TABLE t (id bigint PRIMARY KEY, v ${BY_HAND[type] ?? type})`;
        const script = `set -o pipefail; psql -qX -v ON_ERROR_STOP=1 -c "$MADE" "$URL" &&
          sqlite3 -csv "$FILE" 'SELECT * FROM t' |
          psql -qX -v ON_ERROR_STOP=1 -c '\\copy t FROM STDIN (FORMAT csv)' "$URL"`;
        return moved('bash', ['-c', script], folder, { MADE: made, URL: url, FILE: file });
      },
    },
    {
      name: 'ogr2ogr',
      ...installed('ogr2ogr', ['--version'], /GDAL ([\d.]+)/),
      tells: /\b(WARNING|ERROR|FATAL)\b/i,
      move: (file, url, _, folder) => {
        const layer = ['-nlt', 'NONE', '-lco', 'LAUNDER=NO', '-lco', 'FID=id'];
        const args = ['-f', 'PostgreSQL', ogrTarget(url), file, 't', ...layer];
        return moved('ogr2ogr', args, folder, { PGPASSWORD: new URL(url).password });
      },
    },
  ];
}

/**
 * A connection string as ogr2ogr takes it, without its password, which is `PGPASSWORD`.
 * @param {string} url
 */
export function ogrTarget(url) {
  const { hostname, port, username, pathname } = new URL(url);
  const words = { host: hostname, port: port || '5432', user: username, dbname: pathname.slice(1) };
  const given = Object.entries(words).filter(([, value]) => value !== '');
  return `PG:${given.map(([name, value]) => `${name}='${decodeURIComponent(value)}'`).join(' ')}`;
}

function installed(program, args, pattern) {
  const version = run(program, args);
  return version === undefined
    ? { missing: `${program} is not installed` }
    : { version: pattern.exec(version)?.[1] ?? version };
}

function run(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** @returns {Promise<Moved>} */
function moved(program, args, cwd, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...inherited(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece) => (output = `${output}${piece}`.slice(-20_000)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
