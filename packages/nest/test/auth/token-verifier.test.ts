import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Secret } from '@holdfast/core/secret';
import { CallerSigner } from '../../src/auth/caller-signer.js';
import { openKeys } from '../../src/auth/open-keys.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import {
  AUDIENCE,
  byHand,
  claims,
  ISSUER,
  keySetOf,
  now,
  type Pair,
  pairOf,
  shared,
  SIGNING_KEY,
  signed,
  unencoded,
} from './tokens.js';

const log = pino({ level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'holdfast-tokens-'));

let rsa: Pair;
let rsaPss: Pair;
let ec: Pair;
let ed: Pair;
let stranger: Pair;
let verifier: TokenVerifier;

beforeAll(async () => {
  [rsa, rsaPss, ec, ed, stranger] = await Promise.all([
    pairOf('RS256', 'rsa'),
    pairOf('PS256', 'pss'),
    pairOf('ES256', 'ec'),
    pairOf('EdDSA', 'ed'),
    pairOf('RS256', 'rsa'),
  ] as const);
  const file = join(folder, 'keys.json');
  writeFileSync(file, keySetOf(rsa, rsaPss, ec, ed));
  const auth = { mode: 'jwt', signingKey: new Secret(SIGNING_KEY), keySetFile: file } as const;
  const rules = { issuer: ISSUER, audience: AUDIENCE };
  verifier = new TokenVerifier(await openKeys(auth, log), rules, new CallerSigner(undefined));
});

afterAll(() => {
  verifier.close();
  rmSync(folder, { recursive: true });
});

type Token = () => string | Promise<string>;

const json = (changed: Readonly<Record<string, unknown>> = {}) => JSON.stringify(claims(changed));

describe('a token that is good', () => {
  it.each<[string, Token]>([
    ['HS256', () => shared()],
    ['RS256', () => signed(rsa)],
    ['PS256', () => signed(rsaPss)],
    ['ES256', () => signed(ec)],
    ['EdDSA', () => signed(ed)],
    ['Ed25519, which is the same', () => signed({ ...ed, alg: 'Ed25519' })],
    [
      'without the name of its key, where there is one of its algorithm',
      () => signed(ec, {}, { kid: undefined }),
    ],
    ['with exp within the leeway', () => shared({ exp: now() - 20 })],
    ['with nbf within the leeway', () => shared({ nbf: now() + 20 })],
    ['with exp in a thousand years', () => shared({ exp: now() + 31_536_000_000 })],
    ['for several audiences', () => shared({ aud: ['other', AUDIENCE] })],
    [
      'with a scope twice',
      () => shared({ scope: 'proposals:read proposals:read  proposals:write' }),
    ],
    ['with claims of others', () => shared({ scp: ['ops:read'], roles: ['admin'], admin: true })],
    ['with a type', () => shared({}, { typ: 'at+jwt' })],
  ])('is known for whose it is: %s', async (_name, token) => {
    const { subject, scopes } = await verifier.verify(await token());
    expect(subject).toBe('advisor-7');
    expect([...scopes]).toEqual(['proposals:read', 'proposals:write']);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['absent', undefined, []],
    ['empty', '', []],
    ['of blanks', '   ', []],
    [
      'separated by something else',
      'proposals:read,proposals:write',
      ['proposals:read,proposals:write'],
    ],
    ['separated by a tab', 'proposals:read\tops:read', ['proposals:read\tops:read']],
    ['in capitals', 'PROPOSALS:READ', ['PROPOSALS:READ']],
    ['for everything', '*', ['*']],
  ])('has the scopes that it says and no other: %s', async (_name, scope, scopes) => {
    const caller = await verifier.verify(await shared({ scope }));
    expect([...caller.scopes]).toEqual(scopes);
  });

  it('is known again without being verified again, until it ends', async () => {
    const token = await shared({ jti: 'known again' });
    expect(verifier.known(token)).toBeUndefined();
    const caller = await verifier.verify(token);
    expect(verifier.known(token)).toBe(caller);
    expect(verifier.known(`${token}A`)).toBeUndefined();
  });
});

const INVALID = 'TOKEN_INVALID';

describe('a token that proves nothing', () => {
  it.each<[string, Token, string?]>([
    ['no token', () => 'abc'],
    ['two parts', () => 'a.b'],
    ['five parts, as what is encrypted has', () => 'a.b.c.d.e'],
    ['no header', () => `.${json()}.`],
    ['a header that is no JSON', () => `${Buffer.from('{').toString('base64url')}.e30.e30`],
    ['a header that is a list', () => `${Buffer.from('[]').toString('base64url')}.e30.e30`],
    ['claims that are a list', () => byHand({ alg: 'HS256' }, '[]')],
    ['claims that are no JSON', () => byHand({ alg: 'HS256' }, '{"sub":')],
    ['claims that are null', () => byHand({ alg: 'HS256' }, 'null')],
    ['signed with another key', () => shared({}, {}, `${SIGNING_KEY}.`)],
    ['signed with an empty key', () => byHand({ alg: 'HS256' }, json(), '')],
    ['a signature cut off', async () => (await shared()).replace(/[^.]+$/, '')],
    ['a signature cut short', async () => (await shared()).slice(0, -8)],
    [
      'claims of another token',
      async () => {
        const [header = '', , signature = ''] = (await shared()).split('.');
        return [
          header,
          Buffer.from(json({ scope: 'ops:read' })).toString('base64url'),
          signature,
        ].join('.');
      },
    ],
    ['alg none', () => byHand({ alg: 'none' }, json(), null)],
    ['alg None, signed', () => byHand({ alg: 'None' }, json())],
    ['alg nOnE, unsigned', () => byHand({ alg: 'nOnE' }, json(), null)],
    ['no alg', () => byHand({}, json())],
    ['alg that is no text', () => byHand({ alg: ['HS256'] }, json())],
    ['alg HS512, with the same key', () => byHand({ alg: 'HS512' }, json())],
    ['alg hs256', () => byHand({ alg: 'hs256' }, json())],
    ['alg of a name that every object has', () => byHand({ alg: 'constructor' }, json())],
    [
      'RS256 taken for HS256: the public key in PEM as the secret',
      () => byHand({ alg: 'HS256', kid: 'rsa' }, json(), rsa.pem),
    ],
    [
      'RS256 taken for HS256: the PEM without its last newline',
      () => byHand({ alg: 'HS256' }, json(), rsa.pem.trim()),
    ],
    [
      'RS256 taken for HS256: the modulus as the secret',
      () => byHand({ alg: 'HS256', kid: 'rsa' }, json(), rsa.jwk.n ?? ''),
    ],
    [
      'RS256 taken for HS256: the key set as the secret',
      () => byHand({ alg: 'HS256' }, json(), keySetOf(rsa)),
    ],
    [
      'HS256 taken for RS256: signed with the shared key',
      () => byHand({ alg: 'RS256', kid: 'rsa' }, json()),
    ],
    ['a key of RS256 used for PS256', () => signed({ ...rsaPss, kid: 'rsa' })],
    ['a key of PS256 used for RS256', () => signed({ ...rsa, kid: 'pss' })],
    ['a key of RS256 used for RS512', async () => signed({ ...(await pairOf('RS512', 'rsa')) })],
    ["an issuer's name, a stranger's key", () => signed(stranger)],
    ['the name of no key', () => signed(rsa, {}, { kid: 'unknown' })],
    ['the name of a key of another algorithm', () => signed(rsa, {}, { kid: 'ec' })],
    ['a name that leads out of a folder', () => signed(rsa, {}, { kid: '../../../../dev/null' })],
    ['a name that is no text', () => byHand({ alg: 'RS256', kid: { $ne: null } }, json())],
    ['a key of its own in jwk', () => signed(stranger, {}, { kid: 'mine', jwk: stranger.jwk })],
    [
      'a key of its own in jku',
      () => signed(stranger, {}, { kid: 'mine', jku: 'https://evil.test/keys' }),
    ],
    ['a key of its own in x5u', () => signed(stranger, {}, { x5u: 'https://evil.test/chain' })],
    ['a key of its own in x5c', () => signed(stranger, {}, { x5c: ['MIIB'] })],
    [
      'crit with what nobody knows',
      () => byHand({ alg: 'HS256', crit: ['new'], new: true }, json()),
    ],
    ['crit that is empty', () => byHand({ alg: 'HS256', crit: [] }, json())],
    ['crit with exp', () => byHand({ alg: 'HS256', crit: ['exp'], exp: 1 }, json())],
    ['b64 false', () => unencoded()],
    ['b64 false without crit', () => byHand({ alg: 'HS256', b64: false }, json())],
    ['no exp', () => shared({ exp: undefined })],
    ['exp as a text', () => shared({ exp: String(now() + 300) })],
    ['exp null', () => shared({ exp: null })],
    [
      'exp without an end',
      () => byHand({ alg: 'HS256' }, json().replace(/"exp":\d+/, '"exp":1e999')),
    ],
    ['exp long ago', () => shared({ exp: now() - 3600 }), 'TOKEN_EXPIRED'],
    ['exp just beyond the leeway', () => shared({ exp: now() - 32 }), 'TOKEN_EXPIRED'],
    ['exp 0', () => shared({ exp: 0 }), 'TOKEN_EXPIRED'],
    ['exp below 0', () => shared({ exp: -1 }), 'TOKEN_EXPIRED'],
    ['nbf beyond the leeway', () => shared({ nbf: now() + 60 })],
    ['nbf as a text', () => shared({ nbf: '0' })],
    ['another issuer', () => shared({ iss: 'https://other.test' })],
    ['an issuer that only begins like it', () => shared({ iss: `${ISSUER}.evil.test` })],
    ['several issuers', () => shared({ iss: [ISSUER] })],
    ['no issuer', () => shared({ iss: undefined })],
    ['another audience', () => shared({ aud: 'other' })],
    ['an audience in other letters', () => shared({ aud: 'HOLDFAST' })],
    ['no audience', () => shared({ aud: undefined })],
    ['audiences without ours', () => shared({ aud: [] })],
    ['an audience that is an object', () => shared({ aud: { holdfast: true } })],
    ['no sub', () => shared({ sub: undefined })],
    ['an empty sub', () => shared({ sub: '' })],
    ['a sub of blanks', () => shared({ sub: '  ' })],
    ['a sub that is too long', () => shared({ sub: 'x'.repeat(129) })],
    ['a sub that is no text', () => shared({ sub: 7 })],
    ['a sub that is a list', () => shared({ sub: ['advisor-7'] })],
    ['a sub with a NUL', () => shared({ sub: 'advisor\0' })],
    ['a sub with a line of its own', () => shared({ sub: 'advisor\n7' })],
    [
      'a sub with half a character',
      () => byHand({ alg: 'HS256' }, json().replace('advisor-7', '\\ud800')),
    ],
    ['scope as a list', () => shared({ scope: ['ops:read'] })],
    ['scope as an object', () => shared({ scope: { 'ops:read': true } })],
    ['scope null', () => shared({ scope: null })],
    ['scope as a number', () => shared({ scope: 1 })],
  ])('is refused: %s', async (_name, token, code = INVALID) => {
    const text = await token();
    const challenge = 'Bearer error="invalid_token"';
    await expect(verifier.verify(text)).rejects.toMatchObject({ code, challenge });
    expect(verifier.known(text)).toBeUndefined();
  });
});

describe('what a refusal says', () => {
  it('is which check failed, and nothing of the token', async () => {
    const secret = 'S3NTINEL';
    for (const changed of [
      { iss: secret },
      { aud: secret },
      { exp: secret },
      { scope: [secret] },
    ]) {
      const refused: unknown = await verifier
        .verify(await shared(changed))
        .catch((error: unknown) => error);
      expect((refused as Error).message).toMatch(/^(iss|aud|exp|scope) /);
      expect(JSON.stringify(refused) + String(refused)).not.toContain(secret);
    }
  });
});
