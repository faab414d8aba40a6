import { setTimeout as wait } from 'node:timers/promises';
import { type Service, startService } from './service.js';

/** A route that is limited and costs nothing. */
const ROUTE = '/rebalance/proposals?portfolio_id=none&limit=1';

/** Long enough that no test sees two windows, given `roomInWindow`. */
export const WINDOW_SECONDS = 3600;

/** Waits for the next window where this one ends too soon for a test. */
export async function roomInWindow(neededMs = 30_000): Promise<void> {
  const left = WINDOW_SECONDS * 1000 - (Date.now() % (WINDOW_SECONDS * 1000));
  if (left < neededMs) await wait(left + 50);
}

/** A service in memory whose clients may each make so many requests in a window. */
export function startLimited(
  requests: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Service> {
  return startService({
    PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
    RATE_LIMIT_REQUESTS: String(requests),
    RATE_LIMIT_WINDOW_SECONDS: String(WINDOW_SECONDS),
    TRUSTED_PROXIES: '127.0.0.0/8',
    ...environment,
  });
}

/** One request of a client, as a load balancer passes it on. */
export async function ask(service: Service, client = '192.0.2.1'): Promise<Response> {
  const response = await fetch(service.url + ROUTE, { headers: { 'x-forwarded-for': client } });
  await response.arrayBuffer();
  return response;
}

export function inTurn(services: readonly Service[], turn: number): Service {
  const service = services[turn % services.length];
  if (!service) throw new RangeError('no service to ask');
  return service;
}

/** How many of so many requests, in turn to each service, are granted. */
export async function granted(
  services: readonly Service[],
  times: number,
  client?: string,
): Promise<number> {
  let count = 0;
  for (let turn = 0; turn < times; turn += 1) {
    if ((await ask(inTurn(services, turn), client)).ok) count += 1;
  }
  return count;
}
