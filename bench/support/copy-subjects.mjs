import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './bench.mjs';
import { ogrTarget } from './movers.mjs';
import { createDatabase } from './postgres.mjs';
import { timed } from './timed.mjs';

export const PSQL = 'psql \\copy';
export const PGLOADER = 'pgloader';
export const COUNTS = 'holdfast copy --verify counts';
export const FULL = 'holdfast copy --verify full';

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} url of its database
 * @property {() => Promise<import('./timed.mjs').Run>} run
 * @property {number[]} milliseconds by round
 * @property {number[]} megabytes by round
 */

/**
 * What moves a file, or its rows, each into a database of its own. Of the peers only those that are installed.
 * @param {import('./copied-files.mjs').CopiedFile} file
 * @param {string} server
 * @param {string} folder
 * @returns {Promise<Subject[]>}
 */
export async function subjectsOf(file, server, folder) {
  const peers = [
    { name: PSQL, run: (url) => psqlCopy(file, url, folder) },
    {
      name: PGLOADER,
      program: 'pgloader',
      run: async (url) => {
        const script = join(folder, 'pgloader.load');
        await writeFile(script, pgloaderScript(file, url));
        return timed('pgloader', ['--root-dir', join(folder, 'pgloader'), script], {}, folder);
      },
    },
    {
      name: 'sqlite3 -csv | psql',
      program: 'sqlite3',
      run: (url) => {
        const commands = [file.create, `\\copy ${file.name} FROM PSTDIN (FORMAT csv)`, file.finish];
        const script = 'set -o pipefail; sqlite3 -csv "$FILE" "$ROWS" | psql "$@"';
        const args = ['-c', script, 'psql', ...psqlArgs(commands), url];
        return timed('bash', args, { FILE: file.sqlite, ROWS: file.rowsForCsv }, folder);
      },
    },
    {
      name: 'ogr2ogr',
      program: 'ogr2ogr',
      run: (url) => {
        const layer = ['-nlt', 'NONE', '-lco', 'LAUNDER=NO', '-gt', '65536'];
        const args = ['-f', 'PostgreSQL', ogrTarget(url), file.sqlite, file.name, ...layer];
        const environment = { PGPASSWORD: new URL(url).password, PG_USE_COPY: 'YES' };
        return timed('ogr2ogr', args, environment, folder);
      },
    },
  ];
  const found = [];
  for (const { name, program, run } of peers) {
    if (program === undefined || isInstalled(program)) found.push(await subject(name, server, run));
    else console.log(`${program} is not installed`);
  }
  const ours = (verify) =>
    subject(verify === 'full' ? FULL : COUNTS, server, (url) =>
      holdfastCopy(file, url, folder, verify),
    );
  return [...found, await ours('counts'), await ours('full')];
}

/** Rows that are text already, and the key. */
export function psqlCopy(file, url, folder) {
  const commands = [file.create, `\\copy ${file.name} FROM '${file.text}'`, file.finish];
  return timed('psql', [...psqlArgs(commands), url], {}, folder);
}

/** @param {'counts' | 'full'} verify */
export async function holdfastCopy(file, url, folder, verify) {
  const target = join(folder, 'target');
  await writeFile(target, url);
  const args = ['copy', '--from', file.sqlite, '--to-file', target, '--verify', verify];
  return timed(process.execPath, [join(root, 'dist/cli.js'), ...args], {}, folder);
}

function psqlArgs(commands) {
  return [
    ...['-q', '-X', '-v', 'ON_ERROR_STOP=1'],
    ...commands.flatMap((command) => ['-c', command]),
  ];
}

function isInstalled(program) {
  return spawnSync(program, ['--version']).status === 0;
}

/** Its documented settings for a machine with few cores; its own leave the wide rows no memory. */
function pgloaderScript({ sqlite, name, pgloader }, url) {
  const sized = Object.entries(pgloader).map(([setting, value]) => `${setting} = ${value}`);
  return `LOAD DATABASE FROM sqlite://${sqlite} INTO ${url.replace(/^postgres:/, 'postgresql:')}
    WITH include drop, create tables, create indexes, reset sequences, workers = 2, concurrency = 1, ${sized.join(', ')}
    CAST type text to text, type integer to bigint
    INCLUDING ONLY TABLE NAMES LIKE '${name}';\n`;
}

/**
 * @param {string} name
 * @param {string} server
 * @param {(url: string) => Promise<import('./timed.mjs').Run>} run
 * @returns {Promise<Subject>}
 */
async function subject(name, server, run) {
  const url = await createDatabase(server);
  return { name, url, run: () => run(url), milliseconds: [], megabytes: [] };
}
