import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { fetchAgainIfClosed } from '../http-client.js';
import type { Started } from '../program.js';
import type { Outputs } from './outputs.js';

const BODIES = ['{}', '{"broken', '[1e999]', '{"title":"\\ud800"}', 'x'.repeat(3 * 2 ** 20)];
/** Not there yet, or never: what answers for them is an output as well. */
const FURTHER = ['/metrics', '/docs', '/nowhere', '/rebalance/proposals/%00', '/%'];

/** The URL of a service that has been started, once it listens. */
export async function listening({ process: { stdout }, ended }: Started): Promise<string> {
  let output = '';
  stdout?.on('data', (chunk: string) => (output += chunk));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  return eventually(() => {
    const [, url] = /"event":"listening","url":"([^"]+)"/.exec(output) ?? [];
    if (url !== undefined) return url;
    if (hasEnded) throw new Error(`the service does not listen:\n${output}`);
    throw new Error('the service does not listen yet');
  });
}

/** Every route of the service's own description, with good and bad bodies. */
export async function driveRoutes(outputs: Outputs, name: string, url: string): Promise<void> {
  const answer = await fetch(`${url}/docs-json`);
  const { paths } = (await answer.clone().json()) as { paths: Record<string, object> };
  await outputs.addAnswer(`${name} GET /docs-json`, answer);
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  for (const path of FURTHER) routes.push({ path, method: 'GET' });
  for (const { path, method } of routes) {
    const bodies = method === 'GET' || method === 'DELETE' ? [undefined] : BODIES;
    for (const body of bodies) {
      const response = await fetchAgainIfClosed(url + path.replaceAll(/\{\w+\}/g, 'none'), {
        method,
        headers: {
          'idempotency-key': 'canary',
          'if-match': '*',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
      });
      await outputs.addAnswer(`${name} ${method} ${path}`, response);
    }
  }
}

/** What an operator looks at, and two routes of the stores, while something is wrong. */
export async function askAround(outputs: Outputs, name: string, url: string): Promise<void> {
  const paths = [
    '/health/live',
    '/health/ready',
    '/health',
    '/health/pool',
    '/health/migrations',
    '/api/v1/diagnostics',
    '/metrics',
    '/rebalance/proposals?portfolio_id=p&limit=1',
    '/rebalance/runs?limit=1',
    '/rebalance/policies/effective?portfolio_id=p',
  ];
  for (let turn = 0; turn < 2; turn += 1) {
    await Promise.all(
      paths.map(async (path) => {
        await outputs.addAnswer(`${name} ${path}`, await fetch(url + path));
      }),
    );
    await wait(300);
  }
}
