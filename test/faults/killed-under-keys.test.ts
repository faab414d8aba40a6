import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { KEYED_WRITES } from '../support/writes/every-write.js';
import type { KeyedWrite } from '../support/writes/store-writes.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

/** `KILLS=30` for a proof by hand; a test of every change makes do with fewer. */
const KILLS = Number(process.env.KILLS ?? 4);
const CLIENTS = 8;
/** Between two kills writes of every kind are under way. */
const BETWEEN_MS = 700;
/** Between two writes of a client: it is the kills that are tried, and each key is looked up in the end. */
const PAUSE_MS = 40;
/** A request that nobody has answered by then fails the test, which would not end otherwise. */
const ANSWERED_WITHIN_MS = 60_000;
/** Keys that are looked up at once. */
const READERS = 8;
/** A client gives up a request that nobody answers, and sends it again under its key. */
const ANSWER_MS = 15_000;

interface Acknowledged extends KeyedWrite {
  readonly key: string;
  readonly text: string;
}

interface Counts {
  sent: number;
  /** Answered only when they were sent again, by the client. */
  again: number;
  /** Answers that had been given before. */
  replayed: number;
}

/** Those that leave something to be counted; whatever is done twice to a slot leaves what it left once. */
const COUNTED_WRITES = Object.entries(KEYED_WRITES).flatMap(([path, make]) =>
  path.startsWith('/rebalance/') ? [make] : [],
);

/** Writes of every kind with keys, each sent until it is acknowledged. */
class Clients {
  readonly acknowledged: Acknowledged[] = [];
  readonly refused: string[] = [];
  readonly counts: Counts = { sent: 0, again: 0, replayed: 0 };
  #stopping = false;
  readonly #running: readonly Promise<void>[];

  constructor(private readonly url: () => string) {
    this.#running = Array.from({ length: CLIENTS }, (_, each) => this.#run(each));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #run(first: number): Promise<void> {
    for (let at = first; !this.#stopping; at += 1) {
      await wait(PAUSE_MS);
      const write = await COUNTED_WRITES[at % COUNTED_WRITES.length]?.((path, body) =>
        this.#prepare(path, body),
      );
      if (!write) continue;
      const key = randomUUID();
      const { status, text } = await this.send(write.path, write.body, key);
      if (status === write.status || status === 200)
        this.acknowledged.push({ ...write, key, text });
      else this.refused.push(`${status} ${write.path} ${text}`);
    }
  }

  async #prepare(path: string, body: object) {
    const isBare = path.endsWith('/start');
    const { text } = await this.send(path, isBare ? undefined : body, randomUUID());
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  /** Until it is answered by other than a server's own trouble. */
  async send(path: string, body: object | undefined, key: string) {
    this.counts.sent += 1;
    const until = performance.now() + ANSWERED_WITHIN_MS;
    for (let tries = 0; ; tries += 1) {
      if (performance.now() > until) return { status: 0, text: '{}' };
      try {
        const response = await fetch(this.url() + path, {
          method: 'POST',
          headers: {
            'idempotency-key': key,
            ...(body && { 'content-type': 'application/json' }),
          },
          ...(body && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        const answer = { status: response.status, text: await response.text() };
        if (answer.status < 500) {
          if (tries > 0) this.counts.again += 1;
          if (response.headers.has('idempotency-replayed')) this.counts.replayed += 1;
          return answer;
        }
      } catch {
        // Cut off, or nobody there: whether it was carried out is not known.
      }
      await wait(50);
    }
  }
}

describe('each acknowledged key is there exactly once', () => {
  const { later, temporaryFolder } = cleanup();
  const figures: string[] = [];
  afterAll(() => {
    process.stdout.write(`${figures.join('\n')}\n`);
  });

  /** Every key again: its first answer, and from a record that tells of one write. */
  async function verify(clients: Clients, url: string): Promise<void> {
    expect(clients.refused).toEqual([]);
    expect(clients.acknowledged.length).toBeGreaterThan(COUNTED_WRITES.length);
    const wrong: string[] = [];
    const left = clients.acknowledged.values();
    const read = async () => {
      for (const { path, body, key, text } of left) {
        const again = await clients.send(path, body, key);
        if (again.status !== 200 || again.text !== text) wrong.push(`${path} ${again.text}`);
        const times = await countOf(url, path, text);
        if (times !== 1) wrong.push(`${path} is there ${times} times`);
      }
    };
    await Promise.all(Array.from({ length: READERS }, read));
    progress(`${clients.acknowledged.length} keys looked up, ${wrong.length} wrong`);
    expect(wrong).toEqual([]);
  }

  /** A run of many kills takes minutes. */
  const progress = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);

  const told = (what: string, { counts, acknowledged }: Clients) =>
    `${what}: ${acknowledged.length} keys acknowledged, ${counts.sent} requests, ` +
    `${counts.again} sent again by the client, ${counts.replayed} replays, 0 lost, 0 twice`;

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    `behind deploy/haproxy.cfg, ${KILLS} times %s`,
    async (signal) => {
      const database = await createDatabase();
      later(() => database.drop());
      const environment = {
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        HOST: '127.0.0.1',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
        SHUTDOWN_DRAIN_MS: '2500',
      };
      const started = async (port = '0'): Promise<Service> => {
        const service = await startService({ ...environment, PORT: port });
        later(() => service.stop('SIGKILL'));
        return service;
      };
      const first = await started();
      const instances: [Service, Service] = [first, await started()];
      const balancer = await startShippedLoadBalancer([instances[0].url, instances[1].url]);
      later(() => balancer.stop());
      const clients = new Clients(() => balancer.url);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await wait(BETWEEN_MS * (0.5 + Math.random()));
        const at = kill % 2 === 0 ? 0 : 1;
        const { port } = new URL(instances[at].url);
        await instances[at].stop(signal);
        instances[at] = await started(port);
        await eventually(async () => {
          expect(await balancer.isUp()).toEqual([true, true]);
        });
        progress(`${signal} ${kill + 1} of ${KILLS}: ${clients.acknowledged.length} acknowledged`);
      }
      await wait(BETWEEN_MS);
      await clients.stop();
      figures.push(told(`${KILLS} times ${signal} behind the balancer`, clients));
      figures.push(`sent again by the balancer: ${await balancer.sentAgain()}`);
      await verify(clients, balancer.url);
    },
    60_000 + KILLS * 20_000,
  );

  it(
    `one process on SQLite, ${KILLS} times SIGKILL`,
    async () => {
      const environment = { SQLITE_PATH: join(temporaryFolder(), 'killed.sqlite') };
      let service = await startService(environment, workingFolder());
      later(() => service.stop('SIGKILL'));
      const { port } = new URL(service.url);
      const clients = new Clients(() => `http://127.0.0.1:${port}`);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await wait(BETWEEN_MS * (0.5 + Math.random()));
        await service.stop('SIGKILL');
        service = await startService({ ...environment, PORT: port }, workingFolder());
        progress(`SQLite ${kill + 1} of ${KILLS}: ${clients.acknowledged.length} acknowledged`);
      }
      await wait(BETWEEN_MS);
      await clients.stop();
      figures.push(told(`${KILLS} times SIGKILL on SQLite`, clients));
      await verify(clients, service.url);
    },
    60_000 + KILLS * 20_000,
  );
});

/** How often what a request wrote is there, by what only that request can have made. */
async function countOf(url: string, path: string, text: string): Promise<number> {
  const get = async (place: string) =>
    (await (await fetch(`${url}${place}`)).json()) as Readonly<Record<string, unknown>>;
  const answer = JSON.parse(text) as Readonly<Record<string, string | number>>;
  const items = async (place: string) => ((await get(place)).items as unknown[]).length;
  // Each was prepared for one write: a second one would be one item more.
  if (path.endsWith('/versions'))
    return Number((await get(path.slice(0, -9))).current_version_no) - 1;
  if (path.endsWith('/transitions'))
    return (await items(path.replace('transitions', 'events'))) - 1;
  if (path.endsWith('/approvals')) return items(path);
  if (path.endsWith('/decisions')) return items(path);
  if (path.endsWith('/edges')) return items(`/rebalance/lineage/${String(answer.source)}`);
  if (path.endsWith('/start') || path.endsWith('/finish')) {
    const { status } = await get(path.replace(/\/\w+$/, ''));
    return status === answer.status ? 1 : 0;
  }
  const named = path.endsWith('/operations')
    ? `operation_type=${String(answer.operation_type)}`
    : `portfolio_id=${String(answer.portfolio_id)}`;
  return items(`${path}?${named}`);
}
