import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import Sqlite from 'better-sqlite3';
import { runBench, temporaryFolder } from './support/bench.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { movers } from './support/movers.mjs';
import { NASTY } from './support/nasty-rows.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';

const USAGE = `Usage: npm run bench:copy-scoreboard -- [options]

What becomes of the same nasty rows with each program that moves SQLite into PostgreSQL, as a table in
Markdown. Each case is a file made anew and moved into an empty schema, with no option that says what
values mean.

  kept      every value is there and means the same
  refused   the program ends with another exit code than 0
  told      it ends with 0 and prints a warning, an error or a note; something is missing or changed
  CHANGED   it ends with 0, prints nothing of the kind, and something is missing or changed

  --show            what the programs print, and what is found, on stderr
  --help            this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one. A program that is not
installed is told and left out. Exit code 1 when \`holdfast copy\` has changed anything without a word.`;

const VERDICTS = ['kept', 'refused', 'told', 'CHANGED'];

await runBench(USAGE, { show: { type: 'boolean' } }, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const { url: server } = await postgresServer();
  const all = movers();
  const subjects = await Promise.all(
    all
      .filter(({ missing }) => missing === undefined)
      .map(async (mover) => ({ mover, url: await createDatabase(server), verdicts: [] })),
  );
  for (const [number, nasty] of NASTY.entries()) {
    for (const { mover, url, verdicts } of subjects) {
      const file = join(folder, `nasty-${number}.db`);
      const close = makeFile(file, nasty);
      await query(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      const moved = await mover.move(file, url, nasty.type, folder);
      const found = await rowsIn(url);
      const verdict = judge(nasty, mover, moved, found);
      verdicts.push(verdict);
      if (flags.show)
        console.error(
          `${nasty.what}, ${mover.name}: ${verdict}, exit code ${moved.code}, found ${inspect(found, { maxStringLength: 80 })}
${moved.output.slice(-2000)}`,
        );
      close();
      for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
    }
  }
  const [{ version }] = await query(server, 'SHOW server_version').then((rows) =>
    rows.map(({ server_version: each }) => ({ version: each })),
  );
  report(subjects, version);
  for (const { name, missing } of all) if (missing) console.log(`\n${name}: ${missing}.`);
  return subjects[0].verdicts.includes('CHANGED') ? 1 : 0;
});

/**
 * @param {string} path
 * @param {import('./support/nasty-rows.mjs').NastyCase} nasty
 * @returns {() => void} closes what has to be open while the file is moved
 */
function makeFile(path, { type, values, pragmas = [], inLog = false }) {
  const database = new Sqlite(path);
  for (const pragma of pragmas) database.pragma(pragma);
  database.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v ${type})`);
  if (inLog) database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  values.forEach((value, index) => {
    database.exec(`INSERT INTO t VALUES (${index + 1}, ${value})`);
  });
  if (!inLog) database.close();
  return () => database.close();
}

/** @returns {Promise<(string | null)[] | undefined>} by key; undefined when there is no such table */
async function rowsIn(url) {
  const [{ there }] = await query(url, "SELECT to_regclass('public.t') IS NOT NULL AS there");
  if (!there) return undefined;
  const rows = await query(url, "SET timezone = 'UTC'; SELECT 1").then(() =>
    query(url, 'SELECT v::text AS v FROM public.t ORDER BY id'),
  );
  return rows.map(({ v }) => v);
}

function judge({ kept }, { tells }, { code, output }, found) {
  if (code !== 0) return 'refused';
  const isKept = found?.length === kept.length && kept.every((check, index) => check(found[index]));
  if (isKept) return 'kept';
  return tells.test(output) ? 'told' : 'CHANGED';
}

function report(subjects, server) {
  const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
  const versions = subjects.map(({ mover: { name, version } }) => `${name} ${version}`);
  console.log(`PostgreSQL ${server}; ${versions.join('; ')}.\n`);
  line(['', ...subjects.map(({ mover }) => mover.name)]);
  line(['---', ...subjects.map(() => '---')]);
  for (const verdict of VERDICTS) {
    const counted = subjects.map(
      ({ verdicts }) => verdicts.filter((each) => each === verdict).length,
    );
    line([`**${verdict}**, of ${NASTY.length}`, ...counted]);
  }
  NASTY.forEach(({ what }, index) => {
    line([what, ...subjects.map(({ verdicts }) => verdicts[index])]);
  });
}
