import { randomUUID } from 'node:crypto';
import { KEYED_WRITES } from './every-write.js';
import type { Service } from '../service.js';

/** A request that is ready to be sent, on what was made for it. */
export interface Ready {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
  /** Nothing is there under the path. */
  readonly isNew?: true;
}

/** Sends it to the service. */
export async function send(
  service: Pick<Service, 'url'>,
  { method, path, body, key, isNew }: Omit<Ready, 'name'>,
) {
  const response = await fetch(service.url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(/PUT|DELETE/.test(method) && !isNew && { 'if-match': '*' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

const aPack = () => ({
  version: randomUUID(),
  applies_to: 'PORTFOLIO',
  target_id: randomUUID(),
  definition: {},
});

/** Every kind of write once, with a key and without where it takes one. */
export async function everyWrite(service: Pick<Service, 'url'>): Promise<readonly Ready[]> {
  const prepare = async (path: string, body: object) => {
    const { text } = await send(service, { method: 'POST', path, body, key: randomUUID() });
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const posts: Ready[] = [];
  for (const [name, make] of Object.entries(KEYED_WRITES)) {
    for (const key of [undefined, randomUUID()]) {
      if (key === undefined && name === '/rebalance/proposals') continue;
      const { path, body } = await make(prepare);
      const how = key === undefined ? 'POST' : 'POST with a key';
      posts.push({
        name: `${how} ${name}`,
        method: 'POST',
        path,
        ...(body && { body }),
        ...(key && { key }),
      });
    }
  }
  const run = await KEYED_WRITES['/rebalance/runs']?.(prepare);
  const again = {
    method: 'POST',
    path: '/rebalance/runs',
    key: randomUUID(),
    body: run?.body ?? {},
  };
  await send(service, again);
  const paths = ['new', 'old', 'gone'].map(
    (name) => `/rebalance/policies/catalog/${name}-${randomUUID()}`,
  );
  const [fresh = '', old = '', gone = ''] = paths;
  for (const path of [old, gone])
    await send(service, { method: 'PUT', path, body: aPack(), isNew: true });
  return [
    ...posts,
    { name: 'POST a run again', ...again },
    { name: 'PUT a new pack', method: 'PUT', path: fresh, body: aPack(), isNew: true },
    { name: 'PUT an old pack', method: 'PUT', path: old, body: aPack() },
    { name: 'DELETE a pack', method: 'DELETE', path: gone },
  ];
}
