import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setInterval } from 'node:timers';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, percentile, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { measure } from './support/load.mjs';
import { photoForm, photoLoad, sendPhoto } from './support/photos.mjs';
import { startServer } from './support/servers.mjs';

const PASSWORD = 'a-password-of-the-bench';
const CONNECTIONS = 16;
const MIB = 1024 * 1024;
const PHOTO_BYTES = 5 * MIB;
const LARGE_BYTES = 200 * MIB;
const LARGE_AT_ONCE = 30;
/** What results are asked for that browsers show. */
const RESULT_BYTES = 300_000;
const RANGE_BYTES = 10_000;

const USAGE = `Usage: npm run bench:media -- [options]

Photos of 5 MiB through the echo driver at ${CONNECTIONS} connections, and public results, of Holdfast under LOCAL, next to a
bare Fastify that writes the photo with @fastify/multipart, answers with it, and serves it by @fastify/static, in
turn; then what memory ${LARGE_AT_ONCE} photos of 200 MiB at once take.

  --runs N      runs of each that count, after one that does not (default 5)
  --seconds N   length of a run (default 5)
  --help        this text

Exit code 1 when a request fails.`;

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
};

await runBench(USAGE, OPTIONS, async ({ runs, seconds }) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const subjects = [await holdfast(folder), await bare(folder)];
  console.log(`${machine()}`);
  console.log(`medians of ${runs} runs of ${seconds} s; the load comes from the same machine`);
  const form = photoForm(PASSWORD, PHOTO_BYTES);
  let errors = await compare('ingest of 5 MiB', subjects, runs, async ({ url }) => {
    const figure = await photoLoad(`${url}/api/ingest/slot-001`, form, CONNECTIONS, seconds);
    return { ...figure, p99: percentile(figure.latencies, 0.99) };
  });
  const results = await Promise.all(
    subjects.map(async (subject) => {
      const photo = photoForm(PASSWORD, RESULT_BYTES);
      const { jobId } = await sendPhoto(`${subject.url}/api/ingest/slot-001`, photo);
      const path = `/public/results/${jobId}`;
      const answer = await fetch(subject.url + path);
      await answer.arrayBuffer();
      return { ...subject, path, tag: answer.headers.get('etag') ?? '' };
    }),
  );
  const kinds = [
    ['results of 300 kB', () => ({}), 200],
    ['ranges of 10 kB', () => ({ range: `bytes=1000-${999 + RANGE_BYTES}` }), 206],
    ['304', ({ tag }) => ({ 'if-none-match': tag }), 304],
  ];
  for (const [name, headersOf, expects] of kinds) {
    errors += await compare(name, results, runs, (subject) =>
      measure(
        subject.url,
        { request: { path: subject.path, headers: headersOf(subject) }, expects },
        seconds,
      ),
    );
  }
  const [{ url, residentMegabytes }] = subjects;
  const before = await residentMegabytes();
  let most = before;
  const watching = setInterval(async () => {
    const now = (await residentMegabytes().catch(() => 0)) ?? 0;
    most = Math.max(most, now);
  }, 50);
  const large = photoForm(PASSWORD, LARGE_BYTES);
  const sent = await Promise.all(
    Array.from({ length: LARGE_AT_ONCE }, () => sendPhoto(`${url}/api/ingest/slot-001`, large)),
  );
  clearInterval(watching);
  errors += sent.filter(({ status, bytes }) => status !== 200 || bytes !== LARGE_BYTES).length;
  console.log(
    `\n${LARGE_AT_ONCE} photos of 200 MiB at once: ${before?.toFixed(0)} MB before, ${most?.toFixed(0)} MB at most`,
  );
  console.log(`\n${errors} errors`);
  return errors === 0 ? 0 : 1;
});

async function holdfast(folder) {
  const environment = {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    MEDIA_ENABLED: 'true',
    INGEST_PASSWORD: PASSWORD,
    T_SYNC_RESPONSE_SECONDS: '60',
  };
  const server = await startServer({ file: join(root, 'dist/main.js'), environment }, folder);
  const put = await fetch(`${server.url}/api/slots/slot-001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: 1, provider: 'echo', is_active: true, size_limit_mb: 2048 }),
  });
  if (!put.ok) throw new Error(await put.text());
  return { name: 'Holdfast', ...server };
}

async function bare(folder) {
  const file = fileURLToPath(new URL('baselines/fastify-media.mjs', import.meta.url));
  return { name: 'Fastify', ...(await startServer({ file }, folder)) };
}

/** @returns {Promise<number>} errors */
async function compare(name, subjects, runs, run) {
  const results = subjects.map((subject) => ({ subject, figures: [] }));
  let errors = 0;
  for (let round = -1; round < runs; round += 1) {
    for (const { subject, figures } of inTurn(results, round + 1)) {
      const figure = await run(subject);
      errors += figure.errors;
      if (round >= 0) figures.push(figure);
    }
  }
  const [ours, theirs] = results.map(({ figures }) => figures);
  const ratio = (of) =>
    medianRatio(
      ours.map((figure) => figure[of]),
      theirs.map((figure) => figure[of]),
    ).toFixed(2);
  console.log(
    `\n${table([
      [name, 'req/s', 'p99 ms'],
      ...results.map(({ subject, figures }) => [
        subject.name,
        median(figures.map(({ perSecond }) => perSecond)).toFixed(1),
        median(figures.map(({ p99 }) => p99)).toFixed(1),
      ]),
      ['Ratio', ratio('perSecond'), ratio('p99')],
    ])}`,
  );
  return errors;
}
