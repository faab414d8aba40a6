import { mkdirSync, renameSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Environment, execute } from '../support/program.js';
import { administer } from '../support/redis-shapes.js';
import { startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';
import { steadyCallers, type SteadyCallers } from '../support/steady-callers.js';
import { EVERY_SCOPE, tokenFor } from '../support/tokens.js';

const { later, temporaryFolder } = cleanup();
const figures: string[] = [];
afterAll(() => {
  process.stdout.write(`${figures.join('\n')}\n`);
});

const KEYS = ['first', 'second', 'third'].map(
  (name) => `the ${name} key of tests, of more than 32 bytes`,
);
const [K1 = '', K2 = '', K3 = ''] = KEYS;

/** As secrets are replaced: a reader finds the old one or the new one, and nothing between. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Of which a test may change the password. */
interface Role {
  readonly name: string;
  readonly url: (password: string) => string;
  readonly change: (password: string) => Promise<unknown>;
}

const FIRST_PASSWORD = 'first-password';

async function roleOf(database: TestDatabase): Promise<Role> {
  const url = new URL(database.url);
  const name = `rotated_${url.pathname.slice(-12)}`;
  await database.query(`CREATE ROLE ${name} LOGIN PASSWORD '${FIRST_PASSWORD}'`);
  await database.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`);
  return {
    name,
    url: (password) => Object.assign(new URL(url), { username: name, password }).href,
    change: (password) => database.query(`ALTER ROLE ${name} PASSWORD '${password}'`),
  };
}

/** A PRODUCTION process with its secrets in files, whose connections do not live long. */
async function served(
  given: (at: (name: string) => string, role: Role) => Environment | Promise<Environment>,
) {
  const folder = join(temporaryFolder(), 'secrets');
  mkdirSync(folder, { mode: 0o700 });
  const database = await createDatabase();
  const role = await roleOf(database);
  later(() => database.drop());
  const at = (name: string) => join(folder, name);
  write(at('jwt'), K1);
  write(at('database'), role.url(FIRST_PASSWORD));
  const environment: Environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
    AUTH_MODE: 'jwt',
    JWT_SIGNING_KEY_FILE: at('jwt'),
    DATABASE_URL_FILE: at('database'),
    DB_POOL_SIZE: '4',
    DB_MAX_OVERFLOW: '4',
    DB_POOL_RECYCLE: '1',
    ...(await given(at, role)),
  };
  const service = await startService(environment, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return { service, role, environment, at };
}

/** Before, while and after what is done, none of the requests fails. */
async function underLoad(
  name: string,
  { url }: Service,
  tokenOf: (caller: number) => string | Promise<string>,
  rotate: (load: SteadyCallers) => Promise<void>,
): Promise<void> {
  const load = steadyCallers(url, tokenOf);
  try {
    await load.more();
    await rotate(load);
    await load.more();
  } finally {
    await load.end();
  }
  const failed = Object.values(load.failures).reduce((sum, count) => sum + count, 0);
  figures.push(`${name}: ${load.answered()} requests answered, ${failed} failed`);
  expect(load.failures).toEqual({});
}

const told = (service: Service, what: string, times = 1) =>
  eventually(() => {
    expect(service.output().split(what).length - 1).toBeGreaterThanOrEqual(times);
  });

it('the signing key, and what is derived from it for cursors', async () => {
  const { service, at } = await served(() => ({}));
  let signed = [K1, K1];
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (caller: number) => {
    const key = signed[caller % 2] ?? '';
    const name = `${caller} ${key}`;
    const token = tokens.get(name) ?? tokenFor(`caller-${caller}`, EVERY_SCOPE, {}, key);
    tokens.set(name, token);
    return token;
  };
  await underLoad('signing key', service, tokenOf, async (load) => {
    write(at('jwt'), K2);
    await told(service, '"event":"auth.keys_renewed"');
    await told(service, '"event":"cursor.key_renewed"');
    // Some of the tokens are still those of before.
    signed = [K1, K2];
    await load.more();
    signed = [K2, K2];
  });
  // One that got out is changed twice.
  write(at('jwt'), K3);
  await told(service, '"event":"auth.keys_renewed"', 2);
  const old = await tokenFor('me', EVERY_SCOPE, {}, K1);
  const refused = await fetch(`${service.url}/rebalance/proposals`, {
    headers: { authorization: `Bearer ${old}` },
  });
  expect(refused.status).toBe(401);
}, 120_000);

it('the key of cursors', async () => {
  const { service, at } = await served((at) => {
    write(at('cursors'), K1);
    return { CURSOR_KEY_FILE: at('cursors') };
  });
  const token = tokenFor('me', EVERY_SCOPE, {}, K1);
  await underLoad(
    'key of cursors',
    service,
    () => token,
    async (load) => {
      write(at('cursors'), K2);
      await told(service, '"event":"cursor.key_renewed","variable":"CURSOR_KEY"');
      await load.more();
      // One that is no good changes nothing.
      write(at('cursors'), 'short');
      await told(service, '"event":"cursor.key_kept","code":"SECRET_FILE_UNREADABLE"');
    },
  );
}, 120_000);

interface Issuer {
  readonly jwk: JWK;
  readonly token: (subject: string) => Promise<string>;
}

async function issuer(kid: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  const token = (subject: string) =>
    new SignJWT({ sub: subject, scope: EVERY_SCOPE, exp: Math.floor(Date.now() / 1000) + 300 })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(privateKey);
  return { jwk, token };
}

const setOf = (...issuers: readonly Issuer[]) =>
  JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) });

it('the keys of a set, in a file', async () => {
  const [first, second] = [await issuer('first'), await issuer('second')];
  const { service, at } = await served((at) => {
    write(at('keys'), setOf(first));
    return { JWT_JWKS_FILE: at('keys') };
  });
  let signing = first;
  await underLoad(
    'key set in a file',
    service,
    (caller) => signing.token(`caller-${caller}`),
    async (load) => {
      write(at('keys'), setOf(first, second));
      await told(service, '"event":"auth.keys_renewed"');
      signing = second;
      await load.more();
      write(at('keys'), setOf(second));
      await told(service, '"event":"auth.keys_renewed"', 2);
    },
  );
  const refused = await fetch(`${service.url}/rebalance/proposals`, {
    headers: { authorization: `Bearer ${await first.token('me')}` },
  });
  expect(refused.status).toBe(401);
}, 120_000);

it('the keys of a set, at a URL, whose server is away for a while', async () => {
  const [first, second] = [await issuer('first'), await issuer('second')];
  let keys = setOf(first);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(keys);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  later(() => server.close());
  const { service } = await served(() => ({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` }));
  let signing = first;
  await underLoad(
    'key set at a URL',
    service,
    (caller) => signing.token(`caller-${caller}`),
    async (load) => {
      keys = setOf(first, second);
      // An unknown key is asked for every five seconds at most; the issuer has published it for longer.
      const since = Date.now();
      while (Date.now() - since < 5500) await load.more();
      signing = second;
      await load.more();
      expect(asked).toBe(2);
      await new Promise((resolve) => server.close(resolve));
      await load.more();
    },
  );
}, 120_000);

/** The two places of a password are never changed at once: some logins meet one without the other. */
const APART_MS = 300;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

it.each([
  ['in the file first', true],
  ['in the database first', false],
])(
  'the password of the database, %s, and of who migrates',
  async (order, isFileFirst) => {
    const { service, role, environment, at } = await served(() => ({}));
    const token = tokenFor('me', EVERY_SCOPE, {}, K1);
    await underLoad(
      `password of the database, ${order}`,
      service,
      () => token,
      async (load) => {
        for (const password of ['second-password', 'third-password']) {
          const inFile = async () => {
            await Promise.resolve();
            write(at('database'), role.url(password));
          };
          const inRole = () => role.change(password);
          for (const change of isFileFirst ? [inFile, inRole] : [inRole, inFile]) {
            await change();
            await pause(APART_MS);
          }
          // Each connection lives for a second: all of them have been made anew by the new one.
          const since = Date.now();
          while (Date.now() - since < 2500) await load.more();
        }
      },
    );
    const migrating = { ...environment, MIGRATION_DATABASE_URL_FILE: at('database') };
    expect(await execute('cli.js', ['migrate', 'up'], migrating)).toMatchObject({ code: 0 });
  },
  120_000,
);

it('the password of Redis', async () => {
  const redis = await startRedis();
  later(() => redis.remove());
  const admin = await administer(redis.port, redis.password);
  later(() => {
    admin.disconnect();
  });
  const url = (password: string) => `redis://:${password}@127.0.0.1:${redis.port}/0`;
  const { service, at } = await served((place) => {
    write(place('redis'), url(redis.password));
    return {
      APP_ENV: 'staging',
      REDIS_URL_FILE: place('redis'),
      RATE_LIMIT_REQUESTS: '1000000',
    };
  });
  const token = tokenFor('me', EVERY_SCOPE, {}, K1);
  await underLoad(
    'password of Redis',
    service,
    () => token,
    async (load) => {
      for (const password of ['second-password', 'third-password']) {
        await admin.config('SET', 'requirepass', password);
        await pause(APART_MS);
        write(at('redis'), url(password));
        // Whoever logs in now does so by the new one.
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await load.more();
        await eventually(async () => {
          const ready = await fetch(`${service.url}/health/ready`);
          expect(await ready.json()).toMatchObject({
            status: 'ok',
            checks: { redis: { ok: true } },
          });
        });
      }
    },
  );
}, 120_000);

it('the key of encrypted secrets', async () => {
  const holdfast = async (environment: Environment, ...words: readonly string[]) => {
    const ended = await execute('cli.js', ['secret', ...words], environment);
    expect(ended).toMatchObject({ code: 0 });
  };
  const encrypted = (text: string, file: string, variable: string) =>
    encryptValue(text, parseSecretKeys(readFileSync(file, 'utf8')), variable);
  const { service, role, at } = await served(async (place, { url }) => {
    await holdfast({}, 'generate-key', '--file', place('keys'), '--id', 'one');
    write(place('database'), encrypted(url(FIRST_PASSWORD), place('keys'), 'DATABASE_URL'));
    write(place('jwt'), encrypted(K1, place('keys'), 'JWT_SIGNING_KEY'));
    return { HOLDFAST_SECRET_KEY_FILE: place('keys') };
  });
  const token = tokenFor('me', EVERY_SCOPE, {}, K1);
  await underLoad(
    'key of encrypted secrets',
    service,
    () => token,
    async (load) => {
      await holdfast({}, 'generate-key', '--file', at('keys'), '--id', 'two');
      await load.more();
      const keys = { HOLDFAST_SECRET_KEY_FILE: at('keys') };
      await holdfast(keys, 'rotate', at('database'), at('jwt'));
      await load.more();
      const [newest = ''] = readFileSync(at('keys'), 'utf8').split('\n');
      write(at('keys'), newest);
      // With the old key gone, what is read from now on is by the new one: the password as well.
      write(at('database'), encrypted(role.url('second-password'), at('keys'), 'DATABASE_URL'));
      await role.change('second-password');
      const since = Date.now();
      while (Date.now() - since < 2500) await load.more();
    },
  );
  expect(readFileSync(at('jwt'), 'utf8')).toContain('enc:v1:two:');
}, 120_000);
