import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startInstalledServer } from '../test/support/installed-postgres.ts';
import { atEnd, machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { backedUpMedia } from './support/backed-up-media.mjs';
import { buildHoldfast, migrate, production } from './support/holdfast.mjs';
import { createDatabase, query } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

const GOALS = { ratio: 1.5, moreMegabytes: 32, moreMegabytesOfMedia: 64 };
const THOUSAND = 1000;
/** Of large files, and of many: so many, and ten times as many. */
const MEDIA = [
  { files: 20, bytes: 10_000_000 },
  { files: 200, bytes: 10_000_000 },
  { files: 2_000, bytes: 5_000 },
  { files: 20_000, bytes: 5_000 },
];

const USAGE = `Usage: npm run bench:backup -- [options]

Time of \`holdfast backup --verify\`, which dumps, restores into a scratch database, compares every row and drops
it, next to \`pg_dump -Fc\` and \`pg_restore\` into a new database by themselves; in turn. And the most memory that
holdfast takes for a tenth of the rows and for all of them.

  --thousands N   proposals, each with a version and an event (default 1000)
  --runs N        runs of each, after one that does not count (default 3)
  --media         instead: the most memory of a backup that is verified, and of a restore, with a media store of 2 GB in
                  200 files, and of 20,000 small ones, next to a tenth of each
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped), no newer than the
pg_dump on the path; without it the bench starts the one that is installed. Exit code 1 when a goal is missed: at
most ${GOALS.ratio} times the bare programs, at most ${GOALS.moreMegabytes} MB more for ten times the rows, and ${GOALS.moreMegabytesOfMedia} MB more for ten times the files of a media store.`;

const OPTIONS = {
  thousands: { type: 'string', default: '1000' },
  runs: { type: 'string', default: '3' },
  media: { type: 'boolean' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  if (flags.media) return mediaMemory(folder, flags);
  const server = await serverUrl();
  const rows = flags.thousands * THOUSAND;
  const [few, many] = [
    await filled(server, folder, Math.ceil(rows / 10)),
    await filled(server, folder, rows),
  ];
  const [{ size } = {}] = await query(many, 'SELECT pg_database_size(current_database()) AS size');
  console.log(
    `${machine()}, ${rows} proposals, ${(Number(size) / 1e6).toFixed(0)} MB of tables and indexes`,
  );

  const subjects = [
    { name: 'pg_dump -Fc, pg_restore', run: () => bare(server, many, folder), milliseconds: [] },
    { name: 'backup --verify', run: () => holdfast(many, folder), milliseconds: [] },
  ];
  const peaks = { few: (await holdfast(few, folder)).peakMegabytes, many: NaN };
  for (let round = -1; round < flags.runs; round += 1) {
    for (const { name, run, milliseconds } of inTurn(subjects, round + 1)) {
      const took = await run();
      console.error(`${name}: ${(took.milliseconds / THOUSAND).toFixed(1)} s`);
      if (round >= 0) milliseconds.push(took.milliseconds);
      if (run === subjects[1].run) peaks.many = Math.max(took.peakMegabytes, peaks.many || 0);
    }
  }
  return report(subjects, peaks, flags);
});

/**
 * @param {string} folder
 * @param {Record<string, number | boolean>} flags
 */
async function mediaMemory(folder, flags) {
  const rows = [];
  for (const counts of MEDIA) {
    const { backup, restore } = await backedUpMedia(join(folder, String(rows.length)), counts);
    rows.push({ counts, backup, restore });
  }
  const seconds = ({ milliseconds }) => (milliseconds / THOUSAND).toFixed(1);
  const megabytes = ({ peakMegabytes }) => peakMegabytes.toFixed(0);
  console.log(
    table([
      ['files', 'bytes of each', 'backup s', 'MB', 'restore s', 'MB'],
      ...rows.map(({ counts: { files, bytes }, backup, restore }) => [
        String(files),
        String(bytes),
        ...[backup, restore].flatMap((run) => [seconds(run), megabytes(run)]),
      ]),
    ]),
  );
  const more = Math.max(
    ...rows.flatMap(({ backup, restore }, index) => {
      const tenth = rows[index - 1];
      if (index % 2 === 0 || !tenth) return [];
      return [
        backup.peakMegabytes - tenth.backup.peakMegabytes,
        restore.peakMegabytes - tenth.restore.peakMegabytes,
      ];
    }),
  );
  const met = more <= GOALS.moreMegabytesOfMedia;
  const goal = `at most ${GOALS.moreMegabytesOfMedia} MB more for ten times the files`;
  console.log(`${goal}: ${more.toFixed(0)} MB more: ${met ? 'met' : 'MISSED'}`);
  console.log(machine());
  return flags['report-only'] || met ? 0 : 1;
}

/** @returns {Promise<string>} */
async function serverUrl() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const server = await startInstalledServer();
  atEnd(() => server.remove());
  return server.url;
}

/**
 * A migrated database with so many proposals; what each takes is as in practice, some hundred bytes.
 * @param {string} server
 * @param {string} folder
 * @param {number} rows
 */
async function filled(server, folder, rows) {
  console.error(`filling ${rows} proposals…`);
  const url = await createDatabase(server);
  migrate(url, folder);
  const id = `('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid`;
  const at = `'2026-01-01T00:00:00Z'::timestamptz + i * interval '1 minute'`;
  const of = `FROM generate_series(1, ${rows}) AS i`;
  await query(
    url,
    `INSERT INTO proposal_records (proposal_id, portfolio_id, title, created_by, current_state, current_version_no,
       revision, created_at, updated_at)
     SELECT ${id}, 'pf-' || (i * 7 % 5000), 'Proposal ' || i, 'advisor-' || (i % 400), 'DRAFT', 1, 1, ${at}, ${at} ${of};
     INSERT INTO proposal_versions (proposal_id, version_no, document, document_hash, created_by, created_at)
     SELECT ${id}, 1, json_build_object('trades', json_build_array(json_build_object('isin', 'IE00' || md5(i::text),
       'weight', i % 100 / 100.0), json_build_object('isin', md5((i + 1)::text), 'note', repeat(md5((i / 7)::text), 4)))),
       md5(i::text), 'advisor-1', ${at} ${of};
     INSERT INTO proposal_workflow_events (event_id, proposal_id, sequence_no, event_type, to_state, version_no, actor_id, occurred_at)
     SELECT 'event-' || i, ${id}, 1, 'CREATED', 'DRAFT', 1, 'advisor-1', ${at} ${of};`,
  );
  await query(url, 'VACUUM ANALYZE');
  return url;
}

/**
 * @param {string} server
 * @param {string} source
 * @param {string} folder
 */
async function bare(server, source, folder) {
  const file = join(folder, 'bare.dump');
  const dumped = await timed('pg_dump', ['-Fc', '-f', file, source], {}, folder);
  const target = new URL(server);
  target.pathname = '/holdfast_bench_restored';
  execFileSync('psql', ['-qXc', 'CREATE DATABASE holdfast_bench_restored', server]);
  try {
    const restored = await timed('pg_restore', ['-d', target.href, file], {}, folder);
    return { milliseconds: dumped.milliseconds + restored.milliseconds, peakMegabytes: NaN };
  } finally {
    execFileSync('psql', ['-qXc', 'DROP DATABASE holdfast_bench_restored', server]);
  }
}

/**
 * @param {string} source
 * @param {string} folder
 */
async function holdfast(source, folder) {
  const out = join(folder, 'backups');
  await rm(out, { recursive: true, force: true });
  await mkdir(out);
  const args = [join(root, 'dist/cli.js'), 'backup', '--verify', '--out', out];
  return timed(process.execPath, args, production(source), folder);
}

/**
 * @param {readonly { name: string, milliseconds: number[] }[]} subjects
 * @param {{ few: number, many: number }} peaks
 * @param {Record<string, number | boolean>} flags
 */
function report(subjects, peaks, flags) {
  const [base, ours] = subjects.map(({ milliseconds }) => milliseconds);
  const ratio = medianRatio(ours, base);
  const more = peaks.many - peaks.few;
  const seconds = (values) => (median(values) / THOUSAND).toFixed(1);
  console.log(`Medians of ${flags.runs} runs\n`);
  console.log(
    table([
      ['', 's', 'ratio'],
      ...subjects.map(({ name, milliseconds }) => [
        name,
        seconds(milliseconds),
        medianRatio(milliseconds, base).toFixed(2),
      ]),
    ]),
  );
  const goals = [
    [`at most ${GOALS.ratio} times`, ratio.toFixed(2), ratio <= GOALS.ratio],
    [
      `at most ${GOALS.moreMegabytes} MB more for ten times the rows`,
      `${peaks.few.toFixed(0)} MB, then ${peaks.many.toFixed(0)} MB`,
      more <= GOALS.moreMegabytes,
    ],
  ];
  for (const [goal, found, met] of goals)
    console.log(`${goal}: ${found}: ${met ? 'met' : 'MISSED'}`);
  console.log(machine());
  return flags['report-only'] || goals.every(([, , met]) => met) ? 0 : 1;
}
