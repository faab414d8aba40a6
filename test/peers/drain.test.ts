import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines, type Line, start as startProgram } from '../support/program.js';
import { RawHttp } from '../support/raw-http.js';
import { startRedis } from '../support/redis.js';
import { type Ended, type Service, startService } from '../support/service.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

const PROPOSAL = JSON.stringify({ portfolio_id: 'p', created_by: 'c', document: null });

async function start(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(environment);
  later(() => service.stop('SIGKILL'));
  return service;
}

async function socketTo({ url }: Service): Promise<RawHttp> {
  const client = await RawHttp.to(url);
  later(() => client.socket.destroy());
  return client;
}

/** Sends SIGTERM and waits until the service has got it, not until it has ended. */
async function term(service: Service): Promise<{ readonly ended: Promise<Ended> }> {
  const ended = service.stop();
  await eventually(() => {
    expect(service.output()).toContain('"event":"draining"');
  });
  return { ended };
}

async function lastLine(
  ended: Promise<Ended>,
): Promise<{ code: number | null; line: Line | undefined }> {
  const { code, stdout } = await ended;
  return { code, line: jsonLines(stdout).at(-1) };
}

const statusOf = async (service: Service, path: string) =>
  (await fetch(service.url + path, { headers: { connection: 'close' } })).status;

describe('SIGTERM', () => {
  it('is followed by answers that each say that they are the last on their socket', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '2000' });
    expect(await statusOf(service, '/health/ready')).toBe(200);
    const [inFlight, idle, silent] = [
      await socketTo(service),
      await socketTo(service),
      await socketTo(service),
    ];
    for (const socket of [idle, silent]) {
      socket.get('/health/live');
      await eventually(() => {
        expect(socket.lastHead).toMatch(/^http\/1\.1 200 .*connection: keep-alive/s);
      });
    }
    const finish = inFlight.beginPost('/rebalance/proposals', PROPOSAL, {
      'Idempotency-Key': 'in-flight',
    });
    await statusOf(service, '/health/live');
    const { ended } = await term(service);

    expect(await statusOf(service, '/health/ready')).toBe(503);
    expect(await statusOf(service, '/health/live')).toBe(200);
    finish();
    idle.get('/rebalance/proposals');
    await eventually(() => {
      expect(inFlight.lastHead).toMatch(/^http\/1\.1 201 .*connection: close/s);
      expect(idle.lastHead).toMatch(/^http\/1\.1 200 .*connection: close/s);
      expect([inFlight.ending, idle.ending]).toEqual(['ended', 'ended']);
    });
    expect(await statusOf(service, '/health/ready')).toBe(503);

    expect(await lastLine(ended)).toMatchObject({
      code: 0,
      line: { event: 'stopped', abandoned: 0, late: false },
    });
    expect(silent.ending).toBe('ended');
  });

  it('takes the whole of SHUTDOWN_DRAIN_MS when a load balancer has been asking', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '1500' });
    await statusOf(service, '/health/ready');
    const begun = performance.now();
    const { ended } = await term(service);
    expect((await ended).code).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(1400);
  });

  it('waits for nobody when nobody has asked and no socket is open', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '20000' });
    expect(await statusOf(service, '/health/live')).toBe(200);
    const begun = performance.now();
    const { ended } = await term(service);
    expect((await ended).code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it('ends within SHUTDOWN_TIMEOUT_MS though a request and half of another one never end', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '500', SHUTDOWN_TIMEOUT_MS: '1500' });
    const [slow, half] = [await socketTo(service), await socketTo(service)];
    slow.beginPost('/rebalance/proposals', PROPOSAL, { 'Idempotency-Key': 'slow' });
    half.socket.write('GET /health/live HTTP/1.1\r\nHo');
    await statusOf(service, '/health/live');
    const { ended } = await term(service);
    expect(await lastLine(ended)).toMatchObject({
      code: 0,
      line: { event: 'stopped', level: 'warn', abandoned: 1 },
    });
  });

  it('a second time ends the process at once: with 0, or with 1 when an answer is owed', async () => {
    for (const [owed, code] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const service = await start({ SHUTDOWN_DRAIN_MS: '20000', SHUTDOWN_TIMEOUT_MS: '24000' });
      const client = await socketTo(service);
      if (owed) client.beginPost('/rebalance/proposals', PROPOSAL, { 'Idempotency-Key': 'owed' });
      await statusOf(service, '/health/ready');
      const { ended } = await term(service);
      const begun = performance.now();
      service.process.kill('SIGTERM');
      expect(await ended).toMatchObject({ code, signal: null });
      expect(performance.now() - begun).toBeLessThan(10_000);
    }
  });

  it('waits for no request whose client has left', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const service = await start({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'true',
      SHUTDOWN_TIMEOUT_MS: '20000',
    });
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    later(() => blocker.end());
    await blocker.query('BEGIN; LOCK TABLE proposal_records IN ACCESS EXCLUSIVE MODE');
    const client = await socketTo(service);
    client.get('/rebalance/proposals');
    client.get('/rebalance/proposals');
    await eventually(async () => {
      const waiting = await database.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      expect(waiting).not.toHaveLength(0);
    });
    client.socket.resetAndDestroy();
    await blocker.query('ROLLBACK');
    await eventually(async () => {
      expect(await (await fetch(`${service.url}/health/pool`)).json()).toMatchObject({
        pools: [{ checked_out: 0, waiting: 0 }],
      });
    });
    const begun = performance.now();
    const { ended } = await term(service);
    expect(await lastLine(ended)).toMatchObject({ code: 0, line: { abandoned: 0, late: false } });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('ends a process at once that waits for its database at start, with 0', async () => {
    const { process, ended } = startProgram('main.js', [], {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DATABASE_URL: `postgresql://app:secret@127.0.0.1:${await freePort()}/app`,
    });
    await once(process.stdout ?? process, 'data');
    process.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  it('closes HTTP, then jobs, then Redis, then the pools', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const redis = await startRedis();
    later(() => redis.remove());
    const cache = await startProxy({ port: redis.port });
    later(() => cache.close());
    const server = await startProxy({ port: Number(new URL(database.url).port) });
    later(() => server.close());
    const service = await start({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: through(server, database.url),
      REDIS_URL: through(cache, redis.url),
      MIGRATE_ON_START: 'true',
      DPM_SUPPORTABILITY_RETENTION_DAYS: '1',
      DPM_PURGE_INTERVAL_SECONDS: '1',
      DB_LOCK_TIMEOUT_MS: '60000',
      SHUTDOWN_DRAIN_MS: '100',
    });
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    let unlocked: Promise<void> | undefined;
    const unlock = () => (unlocked ??= blocker.end());
    later(unlock);
    await blocker.query('BEGIN; LOCK TABLE dpm_runs');
    await eventually(async () => {
      const waiting = await database.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      expect(waiting).toHaveLength(1);
    });
    const open: { cache: number; server: number }[] = [];
    cache.onClose(() => open.push({ cache: cache.open(), server: server.open() }));

    const { ended } = await term(service);
    await eventually(async () => {
      await expect(statusOf(service, '/health/live')).rejects.toThrow('fetch failed');
    });
    expect(cache.open()).toBe(1);
    expect(open).toEqual([]);
    await unlock();
    expect(await lastLine(ended)).toMatchObject({ code: 0, line: { abandoned: 0, late: false } });
    expect(open).toEqual([{ cache: 0, server: expect.any(Number) }]);
    expect(open[0]?.server).toBeGreaterThan(0);
    const events = jsonLines(service.output()).map(({ event }) => event);
    expect(events.indexOf('purge.done')).toBeGreaterThan(events.indexOf('draining'));
  });
});
