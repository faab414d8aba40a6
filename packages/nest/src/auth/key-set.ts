import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { TokenHeader } from './verification-keys.js';

/** A public key, and the one algorithm that it is for. */
export interface PinnedKey {
  readonly kid: string | undefined;
  readonly alg: string;
  readonly key: CryptoKey;
}

/** An issuer has a handful. */
const MOST_KEYS = 100;
const LEAST_RSA_BITS = 2048;

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const BY_CURVE: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
};

/** Of keys whose holder signs, and others only check: what is signed with a shared key never fits one of them. */
export const ASYMMETRIC = [...RSA, ...Object.values(BY_CURVE).flat()];

/**
 * The public keys of a JSON Web Key Set; what it has besides, or what is too weak, is left out.
 * @throws SyntaxError, TypeError for what is no set, RangeError for one without a usable key
 */
export async function parseKeySet(text: string): Promise<readonly PinnedKey[]> {
  const { keys } = Object(JSON.parse(text)) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError('it is no JSON Web Key Set');
  if (keys.length > MOST_KEYS) throw new RangeError(`it has more than ${MOST_KEYS} keys`);
  const pinned = await Promise.all(keys.map((each: unknown) => pin(Object(each) as JWK)));
  const usable = pinned.flat();
  if (usable.length === 0) throw new RangeError('it has no usable public key');
  return usable;
}

/** By the key's name where the token gives one; else the only one that there is for the algorithm. */
export function keysOf(
  keys: readonly PinnedKey[],
  { alg, kid }: TokenHeader,
): readonly CryptoKey[] {
  const fitting = keys.filter((each) => each.alg === alg);
  const named = kid === undefined ? fitting : fitting.filter((each) => each.kid === kid);
  return kid === undefined && named.length > 1 ? [] : named.map(({ key }) => key);
}

async function pin(jwk: JWK): Promise<readonly PinnedKey[]> {
  if (jwk.use !== undefined && jwk.use !== 'sig') return [];
  const { kid } = jwk;
  const found = await Promise.all(
    algorithmsOf(jwk).map(async (alg) => {
      const key = await imported(publicPart(jwk), alg);
      return key ? [{ kid, alg, key }] : [];
    }),
  );
  return found.flat();
}

/** RFC 8037 and RFC 9864 have two names for the one algorithm of Ed25519. An RSA key that names none is for RS256. */
function algorithmsOf({ kty, crv, alg }: JWK): readonly string[] {
  if (kty === 'RSA') {
    const named = alg ?? 'RS256';
    return RSA.includes(named) ? [named] : [];
  }
  if (kty !== 'EC' && kty !== 'OKP') return [];
  const possible = BY_CURVE[crv ?? ''] ?? [];
  return alg === undefined || possible.includes(alg) ? possible : [];
}

/** Whatever else it says: what it may be used for, and where more about it may be had. */
function publicPart({ kty, crv, x, y, n, e }: JWK): JWK {
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
}

async function imported(jwk: JWK, alg: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk, alg);
    if (key instanceof Uint8Array || key.type !== 'public') return undefined;
    const { modulusLength = LEAST_RSA_BITS } = key.algorithm as { readonly modulusLength?: number };
    return modulusLength < LEAST_RSA_BITS ? undefined : key;
  } catch {
    return undefined;
  }
}
