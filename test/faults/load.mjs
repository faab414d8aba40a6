// A process of its own, so that what it measures is the service and not the test: writers that log
// what was acknowledged, and pollers of readiness and liveness. Told by messages to begin and to end.

import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

const WORKERS = 8;
const WRITE_PAUSE_MS = 100;
const RETRY_PAUSE_MS = 100;
const REQUEST_TIMEOUT_MS = 5000;
const POLL_MS = 20;
/** After the end, what is still unacknowledged is tried for so long. */
const LAST_TRIES_MS = 3000;
/** Acknowledged writes, and answers of ready, after which the load is under way. */
const WARM = 8;

const now = () => performance.timeOrigin + performance.now();
const agent = new Agent({ keepAlive: true });
/** @type {import('./client.ts').Observed} */
const observed = { ready: [], live: [], control: [], writes: [], reads: 0, failures: {} };
let endedAt = Infinity;
let isWarm = false;

process.on('message', (message) => {
  if (message.begin) begin(message.begin);
  if (message.end) endedAt = now();
});
process.on('disconnect', () => process.exit(0));

/** @param {{ url: string, probed: string, control: string, run: string, retries: boolean }} options */
function begin({ url, probed, control, run, retries }) {
  const writers = Array.from({ length: WORKERS }, (_, index) =>
    work(url, `${run}-${index}`, index % 3 === 2 ? runOf : proposalOf, retries),
  );
  const pollers = [
    poll(probed, '/health/ready', observed.ready),
    poll(probed, '/health/live', observed.live),
    poll(control, '/', observed.control),
  ];
  void Promise.all([...writers, ...pollers]).then(() => process.send({ observed }));
}

const proposalOf = (key) => ({
  kind: 'proposal',
  path: '/rebalance/proposals',
  body: { portfolio_id: key, created_by: 'faults', document: { key } },
});

const runOf = (key) => ({
  kind: 'run',
  path: '/rebalance/runs',
  body: {
    correlation_id: key,
    request_hash: 'faults',
    portfolio_id: key,
    status: 'READY',
    result: { key },
  },
});

async function work(url, name, make, retries) {
  for (let turn = 0; now() < endedAt; turn += 1) {
    const key = `${name}-${turn}`;
    await write(url, key, make(key), retries);
    if (turn % 4 === 0 && now() < endedAt) {
      const { status, error } = await ask(url, 'GET', '/rebalance/proposals?limit=5');
      if (status === 200) observed.reads += 1;
      else count(error ?? status);
    }
    await wait(WRITE_PAUSE_MS);
  }
}

/** Sends the same until it is acknowledged; one key is one write, however often it is sent. */
async function write(url, key, { kind, path, body }, retries) {
  const sentAt = now();
  for (;;) {
    const { status, text, error } = await ask(url, 'POST', path, body, key);
    if (status === 200 || status === 201) {
      const { proposal_id: proposal, rebalance_run_id: run } = JSON.parse(text);
      observed.writes.push({ key, kind, id: proposal ?? run, sentAt, acknowledgedAt: now() });
      return;
    }
    count(error ?? status);
    if (!retries || now() > endedAt + LAST_TRIES_MS) {
      observed.writes.push({ key, kind, sentAt });
      return;
    }
    await wait(RETRY_PAUSE_MS);
  }
}

async function poll(url, path, samples) {
  const asked = [];
  for (let next = now(); now() < endedAt; next = Math.max(next + POLL_MS, now())) {
    const at = now();
    const sample = ask(url, 'GET', path).then(({ status, text, error }) => {
      const checks = status === 200 || status === 503 ? (JSON.parse(text).checks ?? {}) : {};
      const codes = Object.values(checks).flatMap(({ code }) => code ?? []);
      samples.push({ at, ms: now() - at, status, codes, ...(error && { error }) });
      tellWhenWarm();
    });
    asked.push(sample);
    await wait(Math.max(0, next + POLL_MS - now()));
  }
  await Promise.all(asked);
}

function tellWhenWarm() {
  if (isWarm || observed.ready.filter(({ status }) => status === 200).length < WARM) return;
  if (observed.writes.length < WARM) return;
  isWarm = true;
  process.send({ isWarm });
}

function count(reason) {
  observed.failures[reason] = (observed.failures[reason] ?? 0) + 1;
}

/** Never rejects; without an answer the status is 0. */
function ask(url, method, path, body, key) {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(text !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
        'Idempotency-Key': key,
      }),
    };
    const asked = request(url + path, { method, headers, agent, timeout: REQUEST_TIMEOUT_MS });
    asked.on('response', (response) => {
      let received = '';
      response.setEncoding('utf8').on('data', (chunk) => (received += chunk));
      response.on('error', (error) => resolve({ status: 0, text: '', error: error.code }));
      response.on('end', () => resolve({ status: response.statusCode, text: received }));
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
    asked.on('error', (error) => resolve({ status: 0, text: '', error: error.code ?? 'ERROR' }));
    asked.end(text);
  });
}
