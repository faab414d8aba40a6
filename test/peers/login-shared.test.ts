import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  coded,
  cookie,
  logIn,
  refresh,
  request,
  SESSION,
  withOperators,
} from '../support/login-client.js';
import { operatorsFile } from '../support/operators.js';
import { jsonLines } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';

// Each log-in hashes a password, which takes a second or two on a busy machine.
jest.setTimeout(120_000);

const { later } = cleanup();
const NAMES = ['ada', 'bob', 'cyd'];

let folder: string;
let file: string;
let redis: RedisServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-login-'));
  file = await operatorsFile(folder, NAMES);
  redis = await startRedis();
});
afterAll(async () => {
  await redis.remove();
  rmSync(folder, { recursive: true });
});

async function pair(): Promise<[Service, Service]> {
  const environment = { ...withOperators(file), REDIS_URL: redis.url };
  const services = await Promise.all([startService(environment), startService(environment)]);
  for (const service of services) later(() => service.stop());
  return services;
}

const events = (service: Service, event: string) =>
  jsonLines(service.output()).filter((line) => line.event === event);

/** Failures of a name, each from an address of its own. @returns statuses */
async function fail(service: Service, name: string, times: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time += 1) {
    found.push((await logIn(service.url, name, 'wrong')).status);
  }
  return found;
}

const refusedAsBlocked = async (service: Service, name: string) => {
  expect(coded(await logIn(service.url, name))).toEqual([429, 'LOGIN_BLOCKED']);
};

describe('two processes with one Redis', () => {
  it('count failures together', async () => {
    const [one, other] = await pair();
    expect(await fail(one, 'invented', 6)).toEqual(Array.from({ length: 6 }, () => 401));
    expect(await fail(other, 'invented', 5)).toEqual([401, 401, 401, 401, 429]);
    await refusedAsBlocked(one, 'invented');
  });

  it('go on with the sessions of each other, and end them for each other', async () => {
    const [one, other] = await pair();
    const first = await logIn(one.url, 'ada');
    const second = await refresh(other.url, first);
    expect(second.status).toBe(200);
    expect((await request(`${one.url}/health`, 'GET', cookie(second, SESSION))).status).toBe(200);
    expect(coded(await refresh(one.url, first))).toEqual([401, 'SESSION_ENDED']);
    expect(coded(await refresh(other.url, second))).toEqual([401, 'SESSION_ENDED']);

    const left = await logIn(one.url, 'ada');
    const token = { authorization: `Bearer ${String(left.body.access_token)}` };
    expect((await request(`${one.url}/api/logout`, 'POST', token)).status).toBe(204);
    expect(coded(await refresh(other.url, left))).toEqual([401, 'SESSION_ENDED']);
  });

  it('of one token at the same moment take one use of it, and end the session', async () => {
    const [one, other] = await pair();
    const first = await logIn(one.url, 'ada');
    const answers = await Promise.all([refresh(one.url, first), refresh(other.url, first)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const renewed = answers.find(({ status }) => status === 200);
    expect((await refresh(one.url, renewed ?? first)).status).toBe(401);
  });

  it('keep what they know while it is killed, and tell it when it is back, empty', async () => {
    later(redis.start);
    const [one, other] = await pair();
    await fail(one, 'blocked-before', 10);
    const known = await logIn(one.url, 'bob');
    const left = await logIn(one.url, 'cyd');
    await redis.stop();
    await eventually(() => {
      expect(events(one, 'auth.login.alone')).toHaveLength(1);
    });

    await refusedAsBlocked(one, 'blocked-before');
    expect(await fail(one, 'blocked-meanwhile', 11)).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      429,
    ]);
    const renewed = await refresh(one.url, known);
    expect(renewed.status).toBe(200);
    const unheard = await refresh(other.url, known);
    expect(coded(unheard)).toEqual([503, 'LOGIN_STATE_UNAVAILABLE']);
    expect(unheard.cookies).toEqual({});
    const token = { authorization: `Bearer ${String(left.body.access_token)}` };
    expect((await request(`${one.url}/api/logout`, 'POST', token)).status).toBe(204);

    await redis.start();
    await eventually(() => {
      expect(events(one, 'auth.login.shared')).toHaveLength(1);
    });
    // Told one after the other.
    await eventually(async () => {
      await refusedAsBlocked(other, 'blocked-before');
      await refusedAsBlocked(other, 'blocked-meanwhile');
    });
    expect(coded(await refresh(other.url, left))).toEqual([401, 'SESSION_ENDED']);
    expect((await refresh(other.url, renewed)).status).toBe(200);
    expect(coded(await refresh(one.url, renewed))).toEqual([401, 'SESSION_ENDED']);
  });

  it('go on while it is frozen', async () => {
    const [one] = await pair();
    const session = await logIn(one.url, 'bob');
    redis.signal('SIGSTOP');
    later(() => {
      redis.signal('SIGCONT');
    });
    expect(await fail(one, 'frozen', 11)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect((await refresh(one.url, session)).status).toBe(200);
  });
});
