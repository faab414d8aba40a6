import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, testServer } from '@holdfast/testing/temporary-database';
import { administer } from '../support/redis-shapes.js';
import { startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';
import { certificateFolder, createAuthority, issueCertificate } from '../support/tls.js';

const { later, temporaryFolder } = cleanup();

/** A strict service, which Redis is required of, with its URL in a file. */
async function start(url: string, environment = {}) {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  const file = join(temporaryFolder(), 'redis-url');
  await writeFile(file, `${url}\n`);
  const service = await startService(
    {
      APP_ENV: 'staging',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'true',
      REDIS_URL_FILE: file,
      HEALTH_LOGIN_INTERVAL_SECONDS: '1',
      ...environment,
    },
    temporaryFolder(),
  );
  later(() => service.stop('SIGKILL'));
  return { service, write: (changed: string) => writeFile(file, changed) };
}

async function redisWithAdmin() {
  const redis = await startRedis();
  later(() => redis.remove());
  const admin = await administer(redis.port, redis.password);
  later(() => {
    admin.disconnect();
  });
  return { redis, admin };
}

async function told(service: Service) {
  const response = await fetch(`${service.url}/health/ready`);
  const { status, checks } = (await response.json()) as {
    readonly status: string;
    readonly checks: { readonly redis: object };
  };
  return { http: response.status, status, redis: checks.redis };
}

const well = async (service: Service) => {
  expect(await told(service)).toMatchObject({ http: 200, status: 'ok', redis: { ok: true } });
};
const refused = async (service: Service) => {
  expect(await told(service)).toMatchObject({
    http: 200,
    status: 'degraded',
    redis: { ok: false, detail: 'connected', code: 'REDIS_AUTH_FAILED' },
  });
};

it('a password that has been changed is told while the session lives, and read again from the file', async () => {
  const { redis, admin } = await redisWithAdmin();
  const { service, write } = await start(redis.url);
  await eventually(() => well(service));
  const renewed = 'renewed-redis-p%40ssword';
  await admin.call('CONFIG', 'SET', 'requirepass', decodeURIComponent(renewed));
  await eventually(() => refused(service));
  await write(redis.url.replace(redis.password, renewed));
  await eventually(() => well(service));
  // The session is one of the old password still; the next one is of the new.
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually(() => well(service));
  await eventually(async () => {
    const clients = String(await admin.call('CLIENT', 'LIST')).split('\n');
    expect(clients.filter((line) => line.includes('cmd=')).length).toBeGreaterThan(1);
  });
  expect(service.output()).toContain('"event":"login.failing"');
  expect(service.output()).toContain('"event":"login.recovered"');
  expect(service.output()).not.toContain(renewed);
  expect(service.output()).not.toContain(decodeURIComponent(renewed));
}, 60_000);

it('a session that is lost after the password has been changed comes back with what the file says', async () => {
  const { redis, admin } = await redisWithAdmin();
  const { service, write } = await start(redis.url, { HEALTH_LOGIN_INTERVAL_SECONDS: '0' });
  await eventually(() => well(service));
  await admin.call('CONFIG', 'SET', 'requirepass', 'second');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually(async () => {
    expect(await told(service)).toMatchObject({ http: 503, redis: { code: 'REDIS_AUTH_FAILED' } });
  });
  await write(redis.url.replace(redis.password, 'second'));
  await eventually(() => well(service));
}, 60_000);

it('a file that names another server is not followed', async () => {
  const { redis, admin } = await redisWithAdmin();
  const { service, write } = await start(redis.url);
  await eventually(() => well(service));
  await write(redis.url.replace(`:${redis.port}/`, ':1/'));
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually(() => well(service));
}, 60_000);

it('a user that has been turned off is told while the session lives', async () => {
  const { redis, admin } = await redisWithAdmin();
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all');
  const { service } = await start(redis.url.replace(/:\/\/:[^@]*/, '://app:secret'));
  await eventually(() => well(service));
  await admin.call('ACL', 'SETUSER', 'app', 'off');
  await eventually(() => refused(service));
  await admin.call('ACL', 'SETUSER', 'app', 'on');
  await eventually(() => well(service));
}, 60_000);

it('a certificate that ends soon is told, and logged once', async () => {
  const folder = certificateFolder();
  later(() => {
    rmSync(folder, { recursive: true });
  });
  const authority = await createAuthority(folder, 'authority');
  const certificate = await issueCertificate(
    folder,
    authority,
    'redis',
    ['IP:127.0.0.1'],
    'ending',
  );
  const redis = await startRedis(certificate);
  later(() => redis.remove());
  const { service } = await start(redis.url, { REDIS_TLS_CA_FILE: authority.file });
  await eventually(async () => {
    expect(await told(service)).toMatchObject({
      http: 200,
      status: 'degraded',
      redis: { ok: true, code: 'REDIS_CERTIFICATE_EXPIRING' },
    });
  });
  await told(service);
  expect(service.output().split('"event":"redis.warning"')).toHaveLength(2);
}, 60_000);
