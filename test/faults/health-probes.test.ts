import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';
import { HEALTH_BOUNDS } from './case.js';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';

const { later, temporaryFolder } = cleanup();

/** The bounds of the requirements. */
const DETECTED_MS = 1500;
const RECOVERED_MS = 2000;

interface Check {
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  readonly failing_since?: string;
  readonly lag_ms?: number;
  readonly saturated?: boolean;
}

interface Ready {
  readonly httpStatus: number;
  readonly status: string;
  readonly checks: Readonly<Partial<Record<string, Check>>>;
}

type Environment = Readonly<Record<string, string>>;

/** A server whose roles and settings are this file's to change; passwords are checked. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.remove());

async function start(url: string, more: Environment = {}): Promise<Service> {
  const service = await startService(
    {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: url,
      MIGRATE_ON_START: 'true',
      HEALTH_LOGIN_INTERVAL_SECONDS: '0',
      ...HEALTH_BOUNDS,
      ...more,
    },
    temporaryFolder(),
  );
  later(() => service.stop('SIGKILL'));
  return service;
}

async function ownDatabase() {
  const database = await createDatabase(cluster.url);
  later(() => database.drop());
  return database;
}

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = await startProxy({ port });
  later(() => proxy.close());
  return proxy;
}

async function ready({ url }: Service): Promise<Ready> {
  const response = await fetch(`${url}/health/ready`);
  return { httpStatus: response.status, ...((await response.json()) as Omit<Ready, 'httpStatus'>) };
}

/** Asks readiness every 20 ms until it is as told. @returns the answer, and how long it took */
async function until(service: Service, isSo: (answer: Ready) => boolean, withinMs = 15_000) {
  const started = performance.now();
  for (;;) {
    const answer = await ready(service);
    const ms = performance.now() - started;
    if (isSo(answer)) return { answer, ms };
    if (ms > withinMs) throw new Error(`readiness stays as it is: ${JSON.stringify(answer)}`);
    await wait(20);
  }
}

const is = (httpStatus: number) => (answer: Ready) => answer.httpStatus === httpStatus;

/** The slowest of liveness' answers while the work is done. */
async function slowestLive({ url }: Service, work: () => Promise<void>): Promise<number> {
  let slowest = 0;
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const started = performance.now();
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - started);
      await wait(20);
    }
  })();
  try {
    await work();
  } finally {
    over.abort();
    await asking;
  }
  return slowest;
}

describe('a fault of the database', () => {
  const faults: [string, (proxy: TcpProxy) => void, (proxy: TcpProxy) => void][] = [
    [
      'a cut line',
      (proxy) => {
        proxy.cut();
      },
      (proxy) => {
        proxy.mend();
      },
    ],
    [
      'a server that is frozen',
      (proxy) => {
        proxy.stall();
      },
      (proxy) => {
        proxy.resume();
      },
    ],
    [
      'packets that are dropped',
      (proxy) => {
        proxy.drop();
      },
      (proxy) => {
        proxy.mend();
      },
    ],
  ];

  it.each(faults)('%s: shows within 1.5 s, and its end within 2 s', async (name, fault, heal) => {
    const database = await ownDatabase();
    const proxy = await proxyTo(cluster.port);
    const service = await start(through(proxy, database.url));
    await until(service, is(200));
    const slowest = await slowestLive(service, async () => {
      // Long enough for the probe to be anywhere between two questions.
      await until(service, ({ checks }) => checks.db?.ok === true && Math.random() < 0.03);
      fault(proxy);
      const down = await until(service, is(503));
      expect(down.answer.checks.db).toMatchObject({ ok: false, code: 'POSTGRES_UNREACHABLE' });
      await wait(2500);
      expect((await ready(service)).httpStatus).toBe(503);
      heal(proxy);
      const up = await until(service, is(200));
      console.log(`${name}: 503 after ${down.ms.toFixed(0)} ms, 200 after ${up.ms.toFixed(0)} ms`);
      expect(down.ms).toBeLessThan(DETECTED_MS);
      expect(up.ms).toBeLessThan(RECOVERED_MS);
    });
    console.log(`${name}: slowest live ${slowest.toFixed(0)} ms`);
  });

  it('is not a line that takes 800 ms longer', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(cluster.port);
    const service = await start(through(proxy, database.url));
    await until(service, is(200));
    proxy.delay(800);
    const deadline = performance.now() + 6000;
    while (performance.now() < deadline) {
      const answer = await ready(service);
      expect(answer).toMatchObject({ httpStatus: 200, status: 'ok', checks: { db: { ok: true } } });
      await wait(20);
    }
  });

  it('is not the end of one connection', async () => {
    const database = await ownDatabase();
    const service = await start(database.url);
    await until(service, is(200));
    for (let round = 0; round < 10; round += 1) {
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '% probe'`,
      );
      const deadline = performance.now() + 370;
      while (performance.now() < deadline) {
        expect((await ready(service)).httpStatus).toBe(200);
        await wait(5);
      }
    }
  });
});

describe('a thousand probes a second', () => {
  const PATHS = ['/health/ready', '/healthz', '/health', '/health/migrations'];
  const SECONDS = 5;

  /** The questions that went over the line while all the paths were asked. */
  async function questionsUnderLoad(service: Service, proxy: TcpProxy) {
    let questions = 0;
    let answers = 0;
    const count = () => {
      questions += 1;
      proxy.when('holdfast_migrations', count);
    };
    proxy.when('holdfast_migrations', count);
    const accepted = proxy.accepted();
    const deadline = performance.now() + SECONDS * 1000;
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        while (performance.now() < deadline) {
          await fetch(`${service.url}${PATHS[index % PATHS.length]}`).then((each) => each.text());
          answers += 1;
          await wait(5);
        }
      }),
    );
    return { questions, answers, connections: proxy.accepted() - accepted };
  }

  it('cost the database one question a second, and no storm while it is away', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(cluster.port);
    const service = await start(through(proxy, database.url));
    await until(service, is(200));
    const well = await questionsUnderLoad(service, proxy);
    console.log(`well: ${well.answers} answers, ${well.questions} questions in ${SECONDS} s`);
    // In place of heartbeats: what the role may do, once in two seconds, and what survives a crash, once.
    expect(well.questions).toBeLessThanOrEqual(SECONDS + 2 + Math.ceil(SECONDS / 2));
    expect(well.connections).toBe(0);

    proxy.cut();
    await until(service, is(503));
    const away = await questionsUnderLoad(service, proxy);
    console.log(`away: ${away.answers} answers, ${away.connections} attempts in ${SECONDS} s`);
    expect(away.questions).toBe(0);
    expect(away.connections).toBeLessThanOrEqual(SECONDS * 10);

    proxy.mend();
    await until(service, is(200));
    await database.query('ALTER TABLE holdfast_migrations RENAME TO away');
    await until(service, is(503));
    const bad = await questionsUnderLoad(service, proxy);
    console.log(`without a ledger: ${bad.questions} questions in ${SECONDS} s`);
    // Each question is followed by another one: whether the role may not see what is there.
    expect(bad.questions).toBeLessThanOrEqual(2 * (SECONDS + 1) + 1 + Math.ceil(SECONDS / 2));
  });
});

describe('a saturated pool', () => {
  it('is told, and is no outage', async () => {
    const database = await ownDatabase();
    // A busy machine holds the event loop up, too, and that is told as well.
    const quiet = { HEALTH_MAX_LAG_MS: '0' };
    const service = await start(database.url, {
      DB_POOL_SIZE: '1',
      DB_MAX_OVERFLOW: '0',
      ...quiet,
    });
    expect((await ready(service)).checks.db).not.toHaveProperty('saturated');
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    let ended: Promise<void> | undefined;
    const letGo = () => (ended ??= blocker.end());
    later(letGo);
    await blocker.query('BEGIN; LOCK TABLE proposal_records');
    const list = fetch(`${service.url}/rebalance/proposals`);
    const { answer } = await until(service, ({ checks }) => checks.db?.saturated === true);
    expect(answer).toMatchObject({ httpStatus: 200, status: 'ok', checks: { db: { ok: true } } });
    await letGo();
    expect((await list).status).toBe(200);
    await until(service, ({ checks }) => checks.db?.ok === true && !('saturated' in checks.db));
  });
});

describe('a password that has been changed', () => {
  it('is reported before the open sessions end, and so is its return', async () => {
    const database = await ownDatabase();
    const role = `role_${randomBytes(6).toString('hex')}`;
    const [old, changed] = ['old', 'new'].map(
      (part) => `${part}-${randomBytes(9).toString('hex')}`,
    );
    const set = (password = '') => database.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
    await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${old}'`);
    const url = Object.assign(new URL(database.url), { username: role, password: old });
    const service = await start(url.href, { HEALTH_LOGIN_INTERVAL_SECONDS: '1' });
    await wait(1500);
    const before = await ready(service);
    expect(before.status).toBe('ok');
    expect(Object.keys(before.checks)).toEqual(['db', 'migrations']);

    await set(changed);
    const failing = await until(service, ({ status }) => status === 'degraded');
    expect(failing.answer).toMatchObject({ httpStatus: 200, checks: { db: { ok: true } } });
    expect(failing.answer.checks.login).toEqual({
      ok: false,
      detail: 'failing',
      code: 'POSTGRES_LOGIN_FAILING',
      failing_since: expect.stringMatching(/Z$/),
    });
    expect((await fetch(`${service.url}/rebalance/proposals`)).status).toBe(200);

    await set(old);
    const healed = await until(service, ({ status }) => status === 'ok');
    console.log(
      `login failing after ${failing.ms.toFixed(0)} ms, well after ${healed.ms.toFixed(0)} ms`,
    );
    expect(healed.ms).toBeLessThan(RECOVERED_MS);
    expect(service.output()).toContain('"event":"login.failing"');
    expect(service.output()).toContain('"event":"login.recovered"');
    for (const password of [old, changed]) expect(service.output()).not.toContain(password);
  });

  it('is not what a server says that has no connection left', async () => {
    const database = await ownDatabase();
    const role = `role_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(9).toString('hex');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    await database.query(`ALTER SCHEMA public OWNER TO ${role}`);
    const url = Object.assign(new URL(database.url), { username: role, password });
    const service = await start(url.href, { HEALTH_LOGIN_INTERVAL_SECONDS: '1' });
    await until(service, ({ status }) => status === 'ok');
    await database.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
    const { answer } = await until(service, ({ status }) => status === 'degraded');
    expect(answer.checks).toMatchObject({
      db: { ok: true },
      login: { ok: false, code: 'POSTGRES_TOO_MANY_CONNECTIONS' },
    });
    await database.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await until(service, ({ status }) => status === 'ok', RECOVERED_MS + 1000);
  });

  it('is an outage when no other session is left but that of the probe', async () => {
    const database = await ownDatabase();
    const role = `role_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(9).toString('hex');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    await database.query(`ALTER SCHEMA public OWNER TO ${role}`);
    const url = Object.assign(new URL(database.url), { username: role, password });
    const service = await start(url.href, { HEALTH_LOGIN_INTERVAL_SECONDS: '1' });
    await until(service, ({ status }) => status === 'ok');
    await database.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = '${role}' AND application_name = 'holdfast'`,
    );
    const { answer } = await until(service, is(503));
    expect(answer.checks).toMatchObject({
      db: { ok: true },
      login: { ok: false, code: 'POSTGRES_TOO_MANY_CONNECTIONS' },
    });
    await database.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await until(service, ({ status }) => status === 'ok', RECOVERED_MS);
  });

  it('is told to be because of the database where that itself fails', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(cluster.port);
    const service = await start(through(proxy, database.url), {
      HEALTH_LOGIN_INTERVAL_SECONDS: '1',
    });
    await until(service, is(200));
    proxy.cut();
    const { answer } = await until(service, is(503));
    expect(Object.keys(answer.checks)).toEqual(['db', 'migrations']);
    await wait(2500);
    expect((await ready(service)).checks).toMatchObject({
      db: { ok: false },
      login: { ok: false, because: 'db' },
    });
    proxy.mend();
    await until(service, ({ status }) => status === 'ok', RECOVERED_MS + 1000);
  });
});

describe('an event loop that is held up', () => {
  it('is told while it is recent, and always by /health', async () => {
    const database = await ownDatabase();
    const service = await start(database.url, { HEALTH_MAX_LAG_MS: '700' });
    await until(service, ({ status }) => status === 'ok');
    service.process.kill('SIGSTOP');
    await wait(1500);
    service.process.kill('SIGCONT');
    const { answer } = await until(service, ({ status }) => status === 'degraded');
    expect(answer.httpStatus).toBe(200);
    expect(answer.checks.event_loop).toMatchObject({
      ok: false,
      detail: 'lagging',
      code: 'EVENT_LOOP_LAGGING',
    });
    expect(answer.checks.event_loop?.lag_ms).toBeGreaterThan(1000);
    const { ms } = await until(service, ({ status }) => status === 'ok');
    console.log(`a stop of 1.5 s is forgotten after ${ms.toFixed(0)} ms`);
    const overview = (await (await fetch(`${service.url}/health`)).json()) as Ready;
    expect(overview.checks.event_loop).toMatchObject({ ok: true, detail: 'responsive' });
    expect(overview.checks.event_loop?.lag_ms).toBeLessThan(700);
  });
});

describe('a fault of Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  it.each<[string, (proxy: TcpProxy) => void, (proxy: TcpProxy) => void]>([
    [
      'killed',
      (proxy) => {
        proxy.cut();
      },
      (proxy) => {
        proxy.mend();
      },
    ],
    [
      'frozen',
      (proxy) => {
        proxy.stall();
      },
      (proxy) => {
        proxy.resume();
      },
    ],
    [
      'dropped',
      (proxy) => {
        proxy.drop();
      },
      (proxy) => {
        proxy.mend();
      },
    ],
  ])('%s: shows within 1.5 s, and its end within 2 s', async (name, fault, heal) => {
    const database = await ownDatabase();
    const proxy = await proxyTo(redis.port);
    const service = await start(database.url, {
      APP_ENV: 'staging',
      REDIS_URL: redis.url.replace(String(redis.port), String(proxy.port)),
    });
    await until(service, is(200));
    fault(proxy);
    const down = await until(service, is(503));
    expect(down.answer.checks.redis).toMatchObject({ ok: false, code: 'REDIS_UNREACHABLE' });
    await wait(2700);
    heal(proxy);
    const up = await until(service, is(200));
    console.log(
      `Redis ${name}: 503 after ${down.ms.toFixed(0)} ms, 200 after ${up.ms.toFixed(0)} ms`,
    );
    expect(down.ms).toBeLessThan(DETECTED_MS);
    expect(up.ms).toBeLessThan(RECOVERED_MS);
    await eventually(async () => {
      expect((await ready(service)).status).toBe('ok');
    });
  });
});
