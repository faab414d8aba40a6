import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { bearer, EVERY_SCOPE, SIGNING_KEY } from '../tokens.js';
import { newAddress, request, rows } from './abuse-case.js';
import { as, type Headers, KEY_ID, NEW, OURS, PROPOSALS, type Stage } from './stage.js';

type Claims = Readonly<Record<string, unknown>>;

const now = () => Math.floor(Date.now() / 1000);
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const good = (): Claims => ({ ...OURS, sub: 'advisor-1', scope: EVERY_SCOPE, exp: now() + 300 });

/** Signed by whatever is given, for whatever its header says. */
function macToken(header: unknown, claims: unknown, key: string | Buffer = SIGNING_KEY): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function rsaToken(header: unknown, claims: unknown, key: KeyObject): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

const HS = { alg: 'HS256' } as const;
const another = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicJwk = createPublicKey(another.privateKey).export({ format: 'jwk' });

/** A proposal that would be created, were it not for who asks. */
const create = (headers: Headers) =>
  request('POST', PROPOSALS, { 'Idempotency-Key': 'abuse', ...headers }, JSON.stringify(NEW));

/** Refused for its token. */
const token = (name: string, made: (stage: Stage) => string, code = 'TOKEN_INVALID') =>
  [name, (stage: Stage) => create(bearer(made(stage))), 401, code] as const;

const claiming = (name: string, changed: Claims, code?: string) =>
  token(name, () => macToken(HS, { ...good(), ...changed }), code);

const headed = (name: string, header: Claims) =>
  token(name, () => macToken({ ...HS, ...header }, good()));

/** What a public key could be taken for a shared secret as. */
const confused = (name: string, secretOf: (key: KeyObject) => string | Buffer) =>
  token(name, ({ rsa }) => macToken({ ...HS, kid: KEY_ID }, good(), secretOf(rsa.publicKey)));

export const tokenCases = [
  ...rows('no token', [
    ['none at all', () => create({}), 401, 'TOKEN_MISSING'],
    ['none, and a body that is no JSON', () => request('POST', PROPOSALS, {}, '{'), 401, 'TOKEN_MISSING'],
    ['none, and a body that is too large', () => request('POST', PROPOSALS, {}, `"${'x'.repeat(3 * 1024 * 1024)}"`), 401, 'TOKEN_MISSING'],
    ['a password', () => create({ Authorization: 'Basic YWRtaW46YWRtaW4=' }), 401, 'TOKEN_MISSING'],
    ['another scheme', () => create({ Authorization: 'DPoP a.b.c' }), 401, 'TOKEN_MISSING'],
    ['no more than the scheme', () => create({ Authorization: 'Bearer' }), 401, 'TOKEN_INVALID'],
    ['what is no token', () => create(bearer('undefined')), 401, 'TOKEN_INVALID'],
    ['in a cookie', async () => create({ Cookie: `access_token=${(await as('me')).authorization}` }), 401, 'TOKEN_MISSING'],
    ['in another header', async () => create({ 'X-Authorization': (await as('me')).authorization ?? '' }), 401, 'TOKEN_MISSING'],
    ['in a header with an underscore', async () => create({ Proxy_Authorization: (await as('me')).authorization ?? '' }), 401, 'TOKEN_MISSING'],
    ['in the query', async () => request('GET', `${PROPOSALS}?access_token=${(await as('me')).authorization?.slice(7)}`), 401, 'TOKEN_MISSING'],
    ['in the body', async () => request('POST', PROPOSALS, { 'Idempotency-Key': 'abuse', 'Content-Type': 'application/x-www-form-urlencoded' }, `access_token=${(await as('me')).authorization?.slice(7)}`), 401, 'TOKEN_MISSING'],
    ['the name of somebody in headers of gateways', () => create({ 'X-User': 'advisor-1', 'X-Forwarded-User': 'advisor-1', 'X-Remote-User': 'advisor-1', 'X-Forwarded-For': '127.0.0.1' }), 401, 'TOKEN_MISSING'],
    ['two tokens in one header', async () => create({ Authorization: `${(await as('me')).authorization}, ${(await as('me')).authorization}` }), 401, 'TOKEN_INVALID'],
    ['a good token before another header of the name', async () => create({ ...(await as('me')), 'AUTHORIZATION': 'Bearer a.b.c' }), 401, 'TOKEN_INVALID'],
    ['a good token twice', async () => create({ ...(await as('me')), 'Authorization': (await as('me')).authorization ?? '' }), 401, 'TOKEN_INVALID'],
    ['a good token in a trailer', async () => ({
      bytes: `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${newAddress()}\r\nConnection: close\r\nIdempotency-Key: abuse\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: ${(await as('me')).authorization}\r\n\r\n`,
    }), 401, 'TOKEN_MISSING'],
  ]),
  ...rows('a forged token', [
    token('by another key', () => macToken(HS, good(), `${SIGNING_KEY}!`)),
    token('by an empty key', () => macToken(HS, good(), '')),
    token('alg none', () => `${part({ alg: 'none' })}.${part(good())}.`),
    token('alg None', () => `${part({ alg: 'None' })}.${part(good())}.`),
    token('alg none, with a signature', () => macToken({ alg: 'none' }, good())),
    token('no alg', () => macToken({ typ: 'JWT' }, good())),
    token('alg as a list', () => macToken({ alg: ['HS256'] }, good())),
    token('alg in lower case', () => macToken({ alg: 'hs256' }, good())),
    token('alg HS512 on the MAC of HS256', () => macToken({ alg: 'HS512' }, good())),
    token('no signature', () => `${part(HS)}.${part(good())}.`),
    token('two parts', () => `${part(HS)}.${part(good())}`),
    token('five parts, as if encrypted', () => `${part({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`),
    token('the signature of another token', () => {
      const [header = '', , signature = ''] = macToken(HS, { ...good(), sub: 'other' }).split('.');
      return `${header}.${part(good())}.${signature}`;
    }),
    token('as a document', () => {
      const [header, payload, signature] = macToken(HS, good()).split('.');
      return part({ protected: header, payload, signature });
    }),
    token('RS256 with the MAC of the shared key', () => macToken({ alg: 'RS256', kid: KEY_ID }, good())),
    token('RS256 by another key of the same name', () => rsaToken({ alg: 'RS256', kid: KEY_ID }, good(), another.privateKey)),
    token('PS256 by the key of RS256', ({ rsa }) => rsaToken({ alg: 'PS256', kid: KEY_ID }, good(), rsa.privateKey)),
    token('too long', () => macToken(HS, { ...good(), pad: 'x'.repeat(7000) })),
  ]),
  ...rows('a public key as a secret', [
    confused('as PEM', (key) => key.export({ type: 'spki', format: 'pem' })),
    confused('as PEM without its last line end', (key) => key.export({ type: 'spki', format: 'pem' }).toString().trim()),
    confused('as PEM of PKCS 1', (key) => key.export({ type: 'pkcs1', format: 'pem' })),
    confused('as DER', (key) => key.export({ type: 'spki', format: 'der' })),
    confused('as JWK', (key) => JSON.stringify(key.export({ format: 'jwk' }))),
    confused('by its modulus', (key) => Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url')),
  ]),
  ...rows('a key that the token brings', [
    token('jwk', () => rsaToken({ alg: 'RS256', jwk: publicJwk }, good(), another.privateKey)),
    token('jwk, by the name of a key that is known', () => rsaToken({ alg: 'RS256', kid: KEY_ID, jwk: publicJwk }, good(), another.privateKey)),
    token('jku', ({ service }) => rsaToken({ alg: 'RS256', kid: 'mine', jku: `${service.url}/docs-json` }, good(), another.privateKey)),
    token('x5u', () => rsaToken({ alg: 'RS256', x5u: 'https://evil.test/cert.pem' }, good(), another.privateKey)),
    token('x5c', () => rsaToken({ alg: 'RS256', x5c: ['MIIB'] }, good(), another.privateKey)),
    token('kid as a path to an empty file', () => macToken({ ...HS, kid: '../../../../../../dev/null' }, good(), '')),
    token('kid as a path to a file that is known', () => macToken({ ...HS, kid: '/proc/sys/kernel/randomize_va_space' }, good(), '2\n')),
    token('kid as SQL', () => macToken({ ...HS, kid: "x' UNION SELECT 'key" }, good(), 'key')),
    token('kid as a command', () => macToken({ ...HS, kid: 'key|/bin/true' }, good(), 'x')),
    token('kid as __proto__', () => macToken({ ...HS, kid: '__proto__' }, good(), '[object Object]')),
    token('kid as a list', () => macToken({ ...HS, kid: [KEY_ID] }, good())),
  ]),
  ...rows('a header of a token', [
    headed('crit that is not understood', { crit: ['exp'], exp: 1 }),
    headed('crit that is empty', { crit: [] }),
    headed('crit of b64', { crit: ['b64'], b64: false }),
    headed('b64 alone', { b64: false }),
    token('that is no JSON', () => macToken('{', good())),
    token('that is a list', () => macToken([HS], good())),
  ]),
  ...rows('a token that is not good now, or not here', [
    claiming('ended', { exp: now() - 60 }, 'TOKEN_EXPIRED'),
    claiming('ended in 1970', { exp: 0 }, 'TOKEN_EXPIRED'),
    claiming('ended, by a number below nothing', { exp: -1 }, 'TOKEN_EXPIRED'),
    claiming('without an end', { exp: undefined }),
    claiming('with an end that is a text', { exp: String(now() + 300) }),
    claiming('with an end that is no number', { exp: null }),
    claiming('not begun', { nbf: now() + 120 }),
    claiming('begun with a text', { nbf: 'now' }),
    claiming('of another issuer', { iss: 'https://evil.test' }),
    claiming('of an issuer that begins like ours', { iss: `${OURS.iss}.evil.test` }),
    claiming('of no issuer', { iss: undefined }),
    claiming('for another audience', { aud: 'other' }),
    claiming('for nobody', { aud: [] }),
    claiming('for an audience that holds ours', { aud: ['holdfast2', 'xholdfast'] }),
    claiming('of nobody', { sub: '' }),
    claiming('of no name', { sub: undefined }),
    claiming('of a name that is a list', { sub: ['advisor-1'] }),
    claiming('of a name with a line end', { sub: 'advisor-1\n' }),
    claiming('of a name with a NUL', { sub: 'advisor-1\0' }),
    claiming('of a name that is too long', { sub: 'x'.repeat(129) }),
    claiming('with scopes in a list', { scope: EVERY_SCOPE.split(' ') }),
    token('with claims that are no object', () => macToken(HS, 'null')),
  ]),
]; // prettier-ignore
