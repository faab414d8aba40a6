import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { run, type Service, startService } from '../support/service.js';
import { bearer, SIGNING_KEY, tokenFor } from '../support/tokens.js';

const { later, temporaryFolder } = cleanup();
const OTHER_KEY = 'the key of tests after that one, long enough as well';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', AUTH_MODE: 'jwt' } as const;

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService({ ...LOCAL, ...environment });
  later(() => service.stop());
  return service;
}

async function asked(service: Service, token: string) {
  const answer = await fetch(`${service.url}/rebalance/proposals`, { headers: bearer(token) });
  const text = await answer.text();
  return answer.ok ? 'OK' : (JSON.parse(text) as { readonly code: string }).code;
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function times(service: Service, event: string): number {
  return service.output().split(`"event":"${event}"`).length - 1;
}

interface Issuer {
  readonly jwk: object;
  token(): Promise<string>;
}

async function issuer(kid: string, alg = 'ES256'): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg },
    token: () => signedBy(privateKey, { alg, kid }),
  };
}

function signedBy(key: CryptoKey, header: { readonly alg: string; readonly kid: string }) {
  const claims = { sub: 'me', scope: 'proposals:read', exp: Math.floor(Date.now() / 1000) + 300 };
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

const setOf = (...issuers: readonly Issuer[]) =>
  JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) });

describe('keys that are none', () => {
  const PRODUCTION = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: 'postgresql://app:x@db.test:5432/holdfast',
    AUTH_MODE: 'jwt',
    LOG_FORMAT: 'json',
  };

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['no key', {}, 'JWT_KEYS_MISSING'],
    ['an empty key', { JWT_SIGNING_KEY: '' }, 'SECRET_TOO_WEAK'],
    [
      'a key of cursors of 31 bytes',
      { JWT_SIGNING_KEY: SIGNING_KEY, CURSOR_KEY: 'x'.repeat(31) },
      'SECRET_TOO_WEAK',
    ],
    ['31 bytes', { JWT_SIGNING_KEY: 'x'.repeat(31) }, 'SECRET_TOO_WEAK'],
    [
      'a key given twice',
      { JWT_SIGNING_KEY: SIGNING_KEY, JWT_SIGNING_KEY_FILE: '/x' },
      'SECRET_GIVEN_TWICE',
    ],
    [
      'a key in a file that is not there',
      { JWT_SIGNING_KEY_FILE: '/none' },
      'SECRET_FILE_UNREADABLE',
    ],
    ['a set in a file that is not there', { JWT_JWKS_FILE: '/none' }, 'SETTING_INVALID'],
    ['a set from afar, unencrypted', { JWT_JWKS_URL: 'http://keys.test/' }, 'SETTING_INVALID'],
    [
      'a set with a password in its address',
      { JWT_JWKS_URL: 'https://a:b@keys.test/' },
      'SETTING_INVALID',
    ],
    ['a set at no address', { JWT_JWKS_URL: 'ftp://keys.test/' }, 'SETTING_INVALID'],
    ['another way', { AUTH_MODE: 'basic' }, 'SETTING_INVALID'],
    [
      'nobody to prove anything',
      { AUTH_MODE: 'none', AUTH_NONE_ACCEPTED: 'false' },
      'PERSISTENCE_PROFILE_REQUIRES_AUTH',
    ],
    [
      'tokens for operators, and none for callers',
      { AUTH_MODE: 'none', AUTH_NONE_ACCEPTED: 'true', OPS_ACCESS: 'token' },
      'SETTING_INVALID',
    ],
    [
      'self-approval',
      { JWT_SIGNING_KEY: SIGNING_KEY, ALLOW_SELF_APPROVAL: 'true' },
      'SETTING_LOCAL_ONLY',
    ],
    [
      'one port for two',
      { JWT_SIGNING_KEY: SIGNING_KEY, OPS_ACCESS: 'separate-port', OPS_PORT: '8000' },
      'SETTING_INVALID',
    ],
  ])('refuse the start under PRODUCTION: %s', async (_name, environment, code) => {
    const { code: exit, stderr } = await run('main.js', [], { ...PRODUCTION, ...environment });
    expect(exit).toBe(78);
    const { violations } = JSON.parse(stderr) as { violations: readonly { code: string }[] };
    expect(violations.map((each) => each.code)).toEqual([code]);
    expect(stderr).not.toContain(SIGNING_KEY);
  });

  it('refuse the start where a set has nothing but weak keys', async () => {
    const file = join(temporaryFolder(), 'keys.json');
    const weak = { kty: 'RSA', kid: 'weak', n: 'x'.repeat(171), e: 'AQAB' };
    writeFileSync(file, JSON.stringify({ keys: [weak, { kty: 'oct', k: 'c2VjcmV0' }] }));
    const { code, stdout } = await run('main.js', [], { ...LOCAL, JWT_JWKS_FILE: file, PORT: '0' });
    expect(code).toBe(78);
    expect(stdout).toContain('"code":"JWT_KEYS_UNUSABLE"');
  });

  it('are told where they are given and nobody checks anything', async () => {
    const service = await startService({
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      JWT_SIGNING_KEY: SIGNING_KEY,
    });
    later(() => service.stop());
    expect(service.output()).toMatch(/"variable":"JWT_SIGNING_KEY".*AUTH_MODE is none/);
  });
});

describe('a signing key in a file', () => {
  it('is read again when it changes; the one before goes on, and no request fails meanwhile', async () => {
    const file = join(temporaryFolder(), 'key');
    writeFileSync(file, `${SIGNING_KEY}\n`);
    const service = await started({ JWT_SIGNING_KEY_FILE: file });
    const [before, after] = [await tokenFor('me'), await tokenFor('me', undefined, {}, OTHER_KEY)];
    expect(await asked(service, before)).toBe('OK');
    expect(await asked(service, after)).toBe('TOKEN_INVALID');

    const answers: string[] = [];
    const ending = new AbortController();
    const load = (async () => {
      while (!ending.signal.aborted) answers.push(await asked(service, before));
    })();
    replace(file, OTHER_KEY);
    await eventually(async () => {
      expect(await asked(service, after)).toBe('OK');
    });
    ending.abort();
    await load;
    expect([...new Set(answers)]).toEqual(['OK']);
    expect(times(service, 'auth.keys_renewed')).toBe(1);
    expect(service.output()).not.toContain(OTHER_KEY);

    replace(file, 'the third key, which makes an end of the first one');
    await eventually(async () => {
      expect(await asked(service, before)).toBe('TOKEN_INVALID');
    });
    expect(await asked(service, after)).toBe('OK');
  });

  it('that has become too short is told once, and changes nothing', async () => {
    const file = join(temporaryFolder(), 'key');
    writeFileSync(file, SIGNING_KEY);
    const service = await started({ JWT_SIGNING_KEY_FILE: file });
    replace(file, 'short');
    await eventually(() => {
      expect(times(service, 'auth.keys_kept')).toBe(1);
    });
    replace(file, '');
    expect(await asked(service, await tokenFor('me'))).toBe('OK');
    replace(file, OTHER_KEY);
    await eventually(async () => {
      expect(await asked(service, await tokenFor('me', undefined, {}, OTHER_KEY))).toBe('OK');
    });
    expect(times(service, 'auth.keys_kept')).toBe(1);
  });
});

describe('a key set in a file', () => {
  it('is read again when it changes: what it no longer has is no longer good', async () => {
    const [one, other, kept] = [
      await issuer('one'),
      await issuer('other'),
      await issuer('kept', 'RS256'),
    ];
    const file = join(temporaryFolder(), 'keys.json');
    writeFileSync(file, setOf(one, kept));
    const service = await started({ JWT_JWKS_FILE: file });
    const [ofOne, ofOther, ofKept] = [await one.token(), await other.token(), await kept.token()];
    expect(await asked(service, ofOne)).toBe('OK');
    expect(await asked(service, ofKept)).toBe('OK');
    expect(await asked(service, ofOther)).toBe('TOKEN_INVALID');
    expect(await asked(service, await tokenFor('me'))).toBe('TOKEN_INVALID');

    replace(file, '{"keys":');
    await eventually(() => {
      expect(times(service, 'auth.keys_kept')).toBe(1);
    });
    expect(await asked(service, ofOne)).toBe('OK');

    replace(file, setOf(other, kept));
    await eventually(async () => {
      expect(await asked(service, ofOther)).toBe('OK');
    });
    expect(await asked(service, ofOne)).toBe('TOKEN_INVALID');
    expect(await asked(service, ofKept)).toBe('OK');
  });
});

describe('a key set at an address', () => {
  it('is asked for until it is had, again for keys that are new, and goes on while its server is down', async () => {
    const [one, other] = [await issuer('one'), await issuer('other')];
    let [answer, requests]: [string | null, number] = [null, 0];
    const server = createServer((_, response) => {
      requests += 1;
      if (answer === null) response.writeHead(503).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
    const url = await listening(server);
    later(() => server.close());
    const service = await started({ JWT_JWKS_URL: `${url}/keys` });
    expect(await asked(service, await one.token())).toBe('JWT_KEYS_UNAVAILABLE');
    expect(await asked(service, 'abc')).toBe('TOKEN_INVALID');
    expect(await fetch(`${service.url}/health/ready`).then(({ status }) => status)).toBe(200);

    answer = setOf(one);
    await eventually(async () => {
      expect(await asked(service, await one.token())).toBe('OK');
    });

    answer = setOf(one, other);
    await eventually(async () => {
      expect(await asked(service, await other.token())).toBe('OK');
    });
    const unknown = await (await issuer('unknown')).token();
    const before = requests;
    for (let count = 0; count < 50; count += 1) {
      expect(await asked(service, unknown)).toBe('TOKEN_INVALID');
    }
    expect(requests - before).toBeLessThanOrEqual(1);

    for (const broken of [null, '{"keys":[]}', '[', `"${'x'.repeat(300_000)}"`]) {
      answer = broken;
      expect(await asked(service, await one.token())).toBe('OK');
    }
    server.closeAllConnections();
    server.close();
    expect(await asked(service, await other.token())).toBe('OK');
  });
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
