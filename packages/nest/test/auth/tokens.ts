import { createHmac } from 'node:crypto';
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  FlattenedSign,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose';

export const SIGNING_KEY = 'a key of tests, which is long enough for HS256';
export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'holdfast';

/** A pair of keys of an issuer, under a name. */
export interface Pair {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly pem: string;
}

export async function pairOf(alg: string, kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, jwk, pem: await exportSPKI(publicKey) };
}

export function keySetOf(...pairs: readonly Pair[]): string {
  return JSON.stringify({ keys: pairs.map(({ jwk }) => jwk) });
}

type Claims = Readonly<Record<string, unknown>>;

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Claims that are good in every respect. */
export function claims(changed: Claims = {}): Claims {
  return {
    sub: 'advisor-7',
    scope: 'proposals:read proposals:write',
    exp: now() + 300,
    iss: ISSUER,
    aud: AUDIENCE,
    ...changed,
  };
}

/** Signed with the shared key, unless another one is given. */
export function shared(
  changed: Claims = {},
  header: Readonly<Record<string, unknown>> = {},
  key: string = SIGNING_KEY,
): Promise<string> {
  return new SignJWT(claims(changed))
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(Buffer.from(key));
}

/** Signed with the private key of a pair, which the header names. */
export function signed(
  { privateKey, alg, kid }: Pair,
  changed: Claims = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT(claims(changed)).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}

/** Signed by hand: with whatever header, whatever text as its claims, and HMAC over them with whatever key. */
export function byHand(
  header: Readonly<Record<string, unknown>>,
  payload: string,
  key: string | null = SIGNING_KEY,
): string {
  const body = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(payload)}`;
  const signature = key === null ? '' : createHmac('sha256', key).update(body).digest('base64url');
  return `${body}.${signature}`;
}

/** A token whose payload is not encoded, as RFC 7797 has it. */
export async function unencoded(): Promise<string> {
  const jws = await new FlattenedSign(Buffer.from(JSON.stringify(claims())))
    .setProtectedHeader({ alg: 'HS256', b64: false, crit: ['b64'] })
    .sign(Buffer.from(SIGNING_KEY));
  return `${jws.protected}.${base64url.encode(JSON.stringify(claims()))}.${jws.signature}`;
}
