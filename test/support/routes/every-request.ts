import { randomUUID } from 'node:crypto';
import { storeWrites } from '../writes/every-write.js';
import type { Sent } from '../writes/store-writes.js';
import { mediaRequests } from './media.js';
import { reads } from './reads.js';
import { describedBy, type RouteRequest, routeOf, storeRoutes } from './route-request.js';
import { samplesOf } from './samples.js';

/** The service, with every store turned on and `INGEST_PASSWORD` of `open-slot.ts`. */
export interface Asked {
  readonly routes: readonly string[];
  /** Ready to be sent once: reads first, and of each route at least one that succeeds. */
  readonly requests: readonly RouteRequest[];
}

/** A request to every route of a store: each way to read, and each way to write. */
export async function everyRequest(url: string): Promise<Asked> {
  const described = await describedBy(url);
  const routes = storeRoutes(described);
  const samples = await samplesOf(url);
  const all = [
    ...(await reads(url, described, routes, samples)),
    ...(await writes(url, routes)),
    ...(await mediaRequests(url)),
  ];
  return { routes, requests: all };
}

function initOf({ method, body, key, ifMatch }: Sent): RequestInit {
  return {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}

/** With a key and without, and with that key again. */
async function writes(url: string, routes: readonly string[]): Promise<readonly RouteRequest[]> {
  const send = async (sent: Sent) => {
    const answer = await fetch(url + sent.path, initOf(sent));
    return { status: answer.status, text: await answer.text() };
  };
  const prepare = async (path: string, body: object) => {
    const { text } = await send({ method: 'POST', path, body, key: randomUUID() });
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const ready: Sent[] = [];
  for (const { posts, others } of storeWrites) {
    for (const make of Object.values(posts)) {
      const bare = await make(prepare);
      if (!bare.needsKey) ready.push({ method: 'POST', ...bare });
      const keyed = { method: 'POST', ...(await make(prepare)), key: randomUUID() };
      ready.push(keyed, keyed, { ...keyed, body: keyed.other });
    }
    ready.push(...((await others?.(send)) ?? []));
  }
  return ready.map((sent) => ({
    route: routeOf(routes, sent.method, sent.path),
    path: sent.path,
    init: initOf(sent),
  }));
}
