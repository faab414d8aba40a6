import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { definitions, refused, taken } from './support/bodies.mjs';
import { percentile, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { startServer } from './support/servers.mjs';

const GOAL_MS = 50;

const USAGE = `Usage: npm run bench:bodies -- [options]

For how long the worst bodies of 1 MiB hold the event loop up at once, on every route that takes a body and
every route that gives it back: milliseconds of the main thread, next to JSON.parse alone. On the clock
counts what else the machine does.

  --runs N        times that each is sent (default 3)
  --together N    bodies of each kind at once (default 1)
  --from N        leaves out the bodies before the Nth (default 1)
  --to N          and those after it (default 9999)
  --steps         the longest hold of each request as well
  --report-only   exit code 0 even when the goal is missed
  --help          this text

Exit code 1 when one holds it for more than ${GOAL_MS} ms.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  together: { type: 'string', default: '1' },
  from: { type: 'string', default: '1' },
  to: { type: 'string', default: '9999' },
  steps: { type: 'boolean' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const postgres = await postgresServer();
  console.log(`${machine()}, ${postgres.about}`);
  const backends = {
    SQLite: { APP_PERSISTENCE_PROFILE: 'LOCAL', DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true' },
    PostgreSQL: {
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      DB_TYPE: 'postgresql',
      DB_DURABILITY: 'warn',
      DATABASE_URL: await createDatabase(postgres.url),
      MIGRATE_ON_START: 'true',
      DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    },
  };
  let worst = 0;
  for (const [name, environment] of Object.entries(backends)) {
    const holdFile = join(folder, `${name}.hold`);
    const server = await startServer(
      {
        file: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
        environment: {
          ...environment,
          HOLD_FILE: holdFile,
          NODE_OPTIONS: `--require ${fileURLToPath(new URL('support/longest-hold.cjs', import.meta.url))}`,
        },
      },
      folder,
    );
    const measured = await measure(server, holdFile, flags);
    worst = Math.max(worst, ...measured.map(({ cpu }) => cpu));
    console.log(`\n${name}\n\n${told(measured)}`);
    await server.stop();
  }
  console.log(`\nthe longest: ${worst.toFixed(1)} ms; at most ${GOAL_MS} ms`);
  return flags['report-only'] || worst <= GOAL_MS ? 0 : 1;
});

/**
 * @param {import('./support/servers.mjs').Server} server
 * @param {string} holdFile
 * @param {Record<string, number | boolean>} flags
 */
async function measure(server, holdFile, { runs, together, from, to, steps: isVerbose }) {
  const rows = [];
  const ways = [
    ...Object.entries(taken).map(([what, text]) => ({ what, text, steps: everyWay(server, text) })),
    ...Object.entries(definitions).map(([what, text]) => ({
      what,
      text,
      steps: [() => putPack(server, text)],
    })),
    ...Object.entries(refused).map(([what, text]) => ({
      what,
      text,
      steps: [() => post(server, '/rebalance/proposals', text)],
    })),
  ];
  const asked = ways.slice(Number(from) - 1, Number(to));
  // What is compiled and grown the first time is paid once a process.
  for (const { steps } of ways.slice(0, 3)) for (const step of steps) await step();
  for (const { what, text, steps } of asked) {
    const holds = [];
    const statuses = new Set();
    for (let run = 0; run < Number(runs); run += 1) {
      for (const [at, step] of steps.entries()) {
        await hold(server, holdFile);
        const answers = await Promise.all(Array.from({ length: Number(together) }, step));
        for (const { status } of answers) statuses.add(status);
        holds.push({ ...(await hold(server, holdFile)), route: answers[0]?.route ?? '', step: at });
      }
    }
    if (isVerbose) console.log(stepsOf(what, holds));
    const worst = holds.reduce((one, other) => (other.cpu > one.cpu ? other : one));
    rows.push({
      what,
      statuses: [...statuses].join(' '),
      kib: Math.round(text.length / 1024),
      parse: parseMs(text),
      cpu: worst.cpu,
      route: worst.route,
      median: percentile(
        holds.map(({ cpu }) => cpu),
        0.5,
      ),
      wall: Math.max(...holds.map(({ wall }) => wall)),
    });
  }
  return rows;
}

/**
 * Every route that takes a document, every route that gives it back, and routes to which it is an unknown
 * field: one request each, in their order.
 * @param {import('./support/servers.mjs').Server} server
 * @param {string} text
 */
function everyWay(server, text) {
  let proposal = '';
  let run = '';
  let operation = '';
  let key = '';
  const body = (fields, name) => `{${JSON.stringify(fields).slice(1, -1)},"${name}":${text}}`;
  const version = () =>
    request(server, 'POST', `${proposal}/versions`, body({ created_by: 'a' }, 'document'), key);
  const recorded = () => {
    const fields = { rebalance_run_id: run, correlation_id: run, request_hash: 'h' };
    const rest = { portfolio_id: 'p', status: 'READY' };
    return request(server, 'POST', '/rebalance/runs', body({ ...fields, ...rest }, 'result'), key);
  };
  const finish = () => request(server, 'POST', `${operation}/finish`, `{"result":${text}}`, key);
  return [
    async () => {
      const fields = { portfolio_id: 'p', created_by: 'a' };
      key = randomUUID();
      const created = await request(
        server,
        'POST',
        '/rebalance/proposals',
        body(fields, 'document'),
        key,
      );
      proposal = created.location ?? '/none';
      return created;
    },
    () =>
      request(
        server,
        'POST',
        '/rebalance/proposals',
        body({ portfolio_id: 'p', created_by: 'a' }, 'document'),
        key,
      ),
    () => request(server, 'GET', proposal),
    () => ((key = randomUUID()), version()),
    version,
    () => request(server, 'GET', `${proposal}/versions/2`),
    () => request(server, 'POST', `${proposal}/transitions`, body({ actor_id: 'a' }, 'reason')),
    () => ((key = run = randomUUID()), recorded()),
    recorded,
    () => request(server, 'GET', `/rebalance/runs/${run}`),
    () => request(server, 'GET', `/rebalance/runs/${run}/artifact`),
    () => request(server, 'GET', `/rebalance/runs/${run}/support-bundle`),
    () =>
      request(server, 'POST', `/rebalance/runs/${run}/workflow/decisions`, `{"comment":${text}}`),
    async () => {
      const made = await request(server, 'POST', '/rebalance/operations', '{"operation_type":"t"}');
      operation = made.location ?? '/none';
      return made;
    },
    () => request(server, 'POST', `${operation}/start`),
    () => ((key = randomUUID()), finish()),
    finish,
    () => request(server, 'GET', operation),
    () =>
      request(
        server,
        'POST',
        '/rebalance/lineage/edges',
        body({ source: 'a', edge_type: 'b', target: randomUUID() }, 'metadata'),
      ),
    () => putPack(server, text),
  ];
}

/** @param {string} definition */
function putPack(server, definition) {
  const body = `{"applies_to":"PORTFOLIO","target_id":"p","version":"1","definition":${definition}}`;
  return request(server, 'PUT', '/rebalance/policies/catalog/pack', body);
}

function post(server, path, text) {
  return request(server, 'POST', path, text);
}

/**
 * @param {import('./support/servers.mjs').Server} server
 * @param {string} method
 * @param {string} path
 * @param {string} [body]
 * @param {string} [key]
 */
async function request(server, method, path, body, key = randomUUID()) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const response = await fetch(server.url + path, {
    method,
    ...((body !== undefined || method === 'POST') && { body: body ?? '{}', headers }),
  });
  await response.arrayBuffer();
  const route = `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id').replace('/rebalance', '')}`;
  return { status: response.status, location: response.headers.get('location'), route };
}

/** The longest hold since the last time. */
async function hold(server, file) {
  await rm(file, { force: true });
  process.kill(server.pid, 'SIGUSR2');
  for (;;) {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch {
      await wait(5);
    }
  }
}

/** The longest hold of each request, in their order. */
function stepsOf(what, holds) {
  const longest = new Map();
  for (const { step, route, cpu } of holds) {
    longest.set(step, { route, cpu: Math.max(cpu, longest.get(step)?.cpu ?? 0) });
  }
  const told = [...longest.values()].map(({ route, cpu }) => `  ${cpu.toFixed(1)} ${route}`);
  return [what, ...told].join('\n');
}

/** @param {string} text */
function parseMs(text) {
  const begun = performance.now();
  try {
    JSON.parse(text);
  } catch {
    // What is no JSON costs until that is found.
  }
  return performance.now() - begun;
}

/** @param {Awaited<ReturnType<typeof measure>>} rows */
function told(rows) {
  const head = ['', 'status', 'KiB', 'JSON.parse', 'median', 'on the clock', 'longest', 'at'];
  const cells = rows.map(({ what, statuses, kib, parse, median, cpu, wall, route }) => [
    what,
    statuses,
    String(kib),
    ...[parse, median, wall, cpu].map((ms) => ms.toFixed(1)),
    route,
  ]);
  return table([head, ...cells]);
}
