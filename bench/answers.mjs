import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { startServer } from './support/servers.mjs';

const HEAP_MIB = 256;
const LIMIT_BYTES = 2 * 1024 * 1024;
const METADATA = 'x'.repeat(64 * 1024 - 2);
const SAMPLE_MS = 20;
const WRITERS = 8;

const USAGE = `Usage: npm run bench:answers -- [options]

What the largest answers take: a service with ${HEAP_MIB} MiB of heap on PostgreSQL has an entity with many edges of
64 KiB, and is asked for all of them, again and again, by several at once.

  --edges N     how many there are (default 1000)
  --clients N   how many ask at once (default 4)
  --rounds N    how often each asks (default 5)
  --help        this text

Exit code 1 when an answer has 2 MiB or more, or the service does not answer.`;

const OPTIONS = {
  edges: { type: 'string', default: '1000' },
  clients: { type: 'string', default: '4' },
  rounds: { type: 'string', default: '5' },
};

await runBench(USAGE, OPTIONS, async ({ edges, clients, rounds }) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const postgres = await postgresServer();
  console.log(`${machine()}, ${postgres.about}`);
  const server = await startServer(
    {
      file: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
      environment: {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        DB_TYPE: 'postgresql',
        DB_DURABILITY: 'warn',
        DATABASE_URL: await createDatabase(postgres.url),
        MIGRATE_ON_START: 'true',
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
      },
    },
    folder,
  );
  const entity = randomUUID();
  await store(server.url, entity, Number(edges));
  const before = (await server.residentMegabytes()) ?? 0;
  const peak = { before, megabytes: before };
  let isAsking = true;
  const sampling = (async () => {
    while (isAsking) {
      peak.megabytes = Math.max(peak.megabytes, (await server.residentMegabytes()) ?? 0);
      await wait(SAMPLE_MS);
    }
  })();
  let largest = 0;
  for (const path of [`?limit=1000`, '/walk?limit=1000&max_depth=10']) {
    for (let round = 0; round < Number(rounds); round += 1) {
      const sizes = await Promise.all(
        Array.from({ length: Number(clients) }, () =>
          bytesOf(`${server.url}/rebalance/lineage/${entity}${path}`),
        ),
      );
      largest = Math.max(largest, ...sizes);
    }
  }
  isAsking = false;
  await sampling;
  await server.stop();
  console.log(
    `${edges} edges of 64 KiB, ${clients} at once: the largest answer has ${largest} bytes; resident ` +
      `${peak.before} MB before, ${peak.megabytes} MB at most`,
  );
  return largest < LIMIT_BYTES ? 0 : 1;
});

/**
 * @param {string} url
 * @param {string} source
 * @param {number} count
 */
async function store(url, source, count) {
  let next = 0;
  const write = async () => {
    while (next < count) {
      next += 1;
      const response = await fetch(`${url}/rebalance/lineage/edges`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          source,
          edge_type: 'MADE',
          target: `t-${next}`,
          metadata: METADATA,
        }),
      });
      if (response.status !== 201) throw new Error(await response.text());
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

/** @param {string} url */
async function bytesOf(url) {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.arrayBuffer()).byteLength;
}
