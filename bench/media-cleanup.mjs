import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import pg from 'pg';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { buildHoldfast, production } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { inherited } from './support/servers.mjs';

const MOST_SECONDS = 30;
const BATCH = 5000;

const USAGE = `Usage: npm run bench:media-cleanup -- [options]

How long \`holdfast media cleanup\` takes for the expired files among many rows on PostgreSQL, and what memory.

  --rows N      thousands of rows (default 1000)
  --expired N   hundreds of expired files among them (default 100)
  --help        this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one.
Exit code 1 when it takes more than ${MOST_SECONDS} s, or leaves a file.`;

const OPTIONS = {
  rows: { type: 'string', default: '1000' },
  expired: { type: 'string', default: '100' },
};

await runBench(USAGE, OPTIONS, async ({ rows, expired }) => {
  buildHoldfast();
  const server = await postgresServer();
  const database = await createDatabase(server.url);
  const folder = await temporaryFolder();
  const environment = {
    ...production(database),
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: join(folder, 'files'),
    MEDIA_ROOT_DURABLE: 'true',
  };
  await run(['migrate', 'up'], environment, folder);
  const counts = { rows: rows * 1000, expired: expired * 100 };
  await seed(database, environment.MEDIA_ROOT, counts);
  console.log(`${machine()}, ${server.about}`);
  console.log(`${counts.rows} rows, ${counts.expired} expired`);
  const done = await run(['media', 'cleanup', '--json'], environment, folder);
  const { media } = JSON.parse(done.stdout);
  console.log(
    `${done.seconds.toFixed(1)} s, ${media.files} files removed, ${done.megabytes.toFixed(0)} MB resident at most`,
  );
  const again = await run(['media', 'cleanup', '--json'], environment, folder);
  console.log(
    `${again.seconds.toFixed(1)} s and ${again.megabytes.toFixed(0)} MB when there is nothing to remove`,
  );
  return media.files === counts.expired && done.seconds <= MOST_SECONDS ? 0 : 1;
});

/** Runs the command program to its end, and sees what memory it takes. */
async function run(args, environment, cwd) {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd,
    env: { ...inherited(), ...environment },
    stdio: ['ignore', 'pipe', 2],
  });
  let stdout = '';
  let bytes = 0;
  child.stdout.on('data', (chunk) => (stdout += chunk));
  const watching = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    bytes = Math.max(bytes, Number(kib) * 1024);
  }, 20);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watching);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${code}:\n${stdout}`);
  return { stdout, seconds: (performance.now() - begun) / 1000, megabytes: bytes / 1e6 };
}

/** Rows of results that are there, and files of those that are over. */
async function seed(database, files, { rows, expired }) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query(
    `INSERT INTO slot VALUES ('slot-001', 'Slot 01', 'echo', 'image_edit', '{}', 50, true, 1, null, now(), now())`,
  );
  const day = '2026-01-01';
  await mkdir(join(files, 'result', day), { recursive: true });
  for (let from = 0; from < rows; from += BATCH * 10) {
    const ids = Array.from({ length: Math.min(BATCH * 10, rows - from) }, () => randomUUID());
    await client.query(
      `INSERT INTO job_history
         (id, slot_id, source, status, started_at, sync_deadline, completed_at, duration_ms, result_media_id, result_expires_at)
       SELECT id, 'slot-001', 'ingest', 'done', now(), now(), now(), 1, id,
              CASE WHEN position <= $2 THEN now() - interval '1 day' ELSE now() + interval '3 days' END
         FROM unnest($1::text[]) WITH ORDINALITY AS each (id, position)`,
      [ids, expired - from],
    );
    await client.query(
      `INSERT INTO media_object (id, job_id, slot_id, scope, path, content_type, bytes, sha256, expires_at)
       SELECT id, id, 'slot-001', 'result', 'result/${day}/' || id, 'image/jpeg', 100, repeat('a', 64),
              CASE WHEN position <= $2 THEN now() - interval '1 day' ELSE now() + interval '3 days' END
         FROM unnest($1::text[]) WITH ORDINALITY AS each (id, position)`,
      [ids, expired - from],
    );
    const over = ids.slice(0, Math.max(0, expired - from));
    for (let at = 0; at < over.length; at += BATCH) {
      const chunk = over.slice(at, at + BATCH);
      await Promise.all(
        chunk.map((id) => writeFile(join(files, 'result', day, id), Buffer.alloc(100))),
      );
    }
  }
  await client.query('ANALYZE');
  await client.end();
}
