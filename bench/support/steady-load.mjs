import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const SOCKETS = 16;
/** Every so-manieth request comes on a socket of its own. */
const FRESH_EVERY = 20;

const proposal = (key) => ({
  portfolio_id: `p-${key % 500}`,
  created_by: 'soak',
  document: { key },
});
const run = (key) => ({
  correlation_id: `soak-${key}`,
  request_hash: 'soak',
  portfolio_id: `p-${key % 500}`,
  status: 'READY',
  result: { key },
});

/** Of the two requests with one key, either may come first when answers are slow. */
const CREATED = [201, 200];

/** One of each in turn: writes, a replay, a conflict, reads, a miss, an invalid body, probes. */
const TURNS = [
  (key) => ['POST', '/rebalance/proposals', proposal(key), `soak-${key}`, CREATED],
  (key) => ['GET', `/rebalance/proposals?portfolio_id=p-${key % 500}&limit=10`, undefined, '', 200],
  (key) => ['POST', '/rebalance/runs', run(key), `soak-${key}`, 201],
  (key) => ['POST', '/rebalance/proposals', proposal(key - 3), `soak-${key - 3}`, CREATED],
  () => ['GET', '/rebalance/runs?limit=10', undefined, '', 200],
  () => ['GET', '/rebalance/proposals/none', undefined, '', 404],
  () => ['POST', '/rebalance/proposals', {}, 'soak-invalid', 422],
  () => ['GET', '/health/ready', undefined, '', 200],
];

/**
 * Sends a mix of requests at a steady rate, however fast they are answered.
 * @param {string} url
 * @param {{ rate: number, seconds: number }} extent requests a second
 * @returns {Promise<{ answered: number, unexpected: Map<string, number> }>}
 */
export async function steadyLoad(url, { rate, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const unexpected = new Map();
  let answered = 0;
  const pending = new Set();
  const startedAt = Date.now();
  for (let key = 0; Date.now() - startedAt < seconds * 1000; key += 1) {
    const [method, path, body, idempotencyKey, expects] = TURNS[key % TURNS.length](key);
    const own = key % FRESH_EVERY === 0;
    const asked = ask(url + path, {
      method,
      body,
      idempotencyKey,
      agent: own ? false : agent,
    }).then((status) => {
      answered += 1;
      if ([expects].flat().includes(status)) return;
      const what = `${method} ${path.split('?')[0]}: ${status}, not ${expects}`;
      unexpected.set(what, (unexpected.get(what) ?? 0) + 1);
    });
    pending.add(asked);
    void asked.finally(() => pending.delete(asked));
    const due = startedAt + ((key + 1) * 1000) / rate;
    if (due > Date.now()) await wait(due - Date.now());
  }
  await Promise.all(pending);
  agent.destroy();
  return { answered, unexpected };
}

/** @returns {Promise<number | string>} the status, or the code of what went wrong */
function ask(url, { method, body, idempotencyKey, agent }) {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Idempotency-Key': idempotencyKey,
    };
    const asked = request(url, { method, agent, headers: { ...headers } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', (error) => resolve(error.code ?? error.message));
    asked.end(text);
  });
}
