import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { IDENTIFIER_LENGTH } from '../http/fields.js';
import { type Caller, OPERATOR_CLAIM, SESSION_CLAIM } from './caller.js';
import { CallerRefused } from './caller-refused.js';
import type { CallerSigner } from './caller-signer.js';
import type { TokenHeader, VerificationKeys } from './verification-keys.js';
import { VerifiedTokens } from './verified-tokens.js';

/** By how much the clocks of who makes tokens and of who checks them may differ. */
const LEEWAY_SECONDS = 30;

/** What a token has to say, where it is given. */
export interface TokenRules {
  readonly issuer?: string;
  readonly audience?: string;
}

interface Claims {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Finds out who has signed a token for whom, by keys that are each for one algorithm. */
export class TokenVerifier {
  readonly #verified = new VerifiedTokens();
  #generation: number;

  constructor(
    private readonly keys: VerificationKeys,
    private readonly rules: TokenRules,
    private readonly signer: CallerSigner,
  ) {
    this.#generation = keys.generation;
  }

  /** Whose token it is, where that has been found out lately. */
  known(token: string): Caller | undefined {
    this.#forgetOldKeys();
    return this.#verified.get(token);
  }

  /** @throws TOKEN_INVALID, TOKEN_EXPIRED; JWT_KEYS_UNAVAILABLE */
  async verify(token: string): Promise<Caller> {
    const header = this.#headerOf(token);
    const keys = await this.keys.keysFor(header);
    const { generation } = this.keys;
    const { caller, until } = claimsOf(await this.#payloadOf(token, header, keys), this.signer);
    this.#forgetOldKeys();
    if (generation === this.#generation) this.#verified.set(token, caller, until);
    return caller;
  }

  close(): void {
    this.signer.close();
    this.keys.close();
  }

  #forgetOldKeys(): void {
    if (this.#generation === this.keys.generation) return;
    this.#generation = this.keys.generation;
    this.#verified.clear();
  }

  #headerOf(token: string): TokenHeader {
    const { alg, kid, b64 } = decoded(token);
    if (b64 !== undefined) throw CallerRefused.invalid(NO_TOKEN);
    if (typeof alg !== 'string' || !this.keys.algorithms.includes(alg)) {
      throw CallerRefused.invalid('its algorithm is not one of those that are accepted');
    }
    if (kid !== undefined && typeof kid !== 'string') throw CallerRefused.invalid(NO_KEY);
    return { alg, kid };
  }

  async #payloadOf(
    token: string,
    { alg }: TokenHeader,
    keys: readonly CryptoKey[],
  ): Promise<JWTPayload> {
    const { issuer, audience } = this.rules;
    const options = {
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
      algorithms: [alg],
      clockTolerance: LEEWAY_SECONDS,
      requiredClaims: ['exp', 'sub'],
    };
    for (const key of keys) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusalFor(error);
      }
    }
    throw CallerRefused.invalid(keys.length === 0 ? NO_KEY : 'its signature does not fit');
  }
}

const NO_KEY = 'it names no key that is known';
const NO_TOKEN = 'it is not a signed JSON Web Token';

interface Header {
  readonly alg?: unknown;
  readonly kid?: unknown;
  /** Of RFC 7797, which a JSON Web Token has no use for. */
  readonly b64?: unknown;
}

function decoded(token: string): Header {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw CallerRefused.invalid(NO_TOKEN);
  }
}

function refusalFor(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return CallerRefused.expired();
  if (error instanceof errors.JWTClaimValidationFailed) {
    const what = error.reason === 'missing' ? 'is missing' : 'does not fit';
    return CallerRefused.invalid(`${error.claim} ${what}`);
  }
  if (error instanceof errors.JOSEError) {
    return CallerRefused.invalid(NO_TOKEN);
  }
  return error;
}

/** A subject is kept with what it does: it has to fit where other names of actors do. */
function claimsOf(payload: JWTPayload, signer: CallerSigner): Claims {
  const { sub, exp, scope, [SESSION_CLAIM]: session, [OPERATOR_CLAIM]: operator } = payload;
  if (!isName(sub)) throw CallerRefused.invalid('sub is not a name');
  if (!Number.isFinite(exp)) throw CallerRefused.invalid('exp does not fit');
  if (scope !== undefined && typeof scope !== 'string') {
    throw CallerRefused.invalid('scope is not a text of scopes between blanks');
  }
  const scopes = new Set((scope ?? '').split(' ').filter((each) => each !== ''));
  return {
    caller: Object.freeze({
      ...{ subject: sub, scopes, ...signer.signFor(sub) },
      ...(typeof session === 'string' && { session }),
      ...(typeof operator === 'string' && { operator }),
    }),
    until: (Number(exp) + LEEWAY_SECONDS) * 1000,
  };
}

function isName(sub: unknown): sub is string {
  return (
    typeof sub === 'string' &&
    sub.length >= 1 &&
    sub.length <= IDENTIFIER_LENGTH &&
    sub.trim() !== '' &&
    sub.isWellFormed() &&
    !/[\p{Cc}]/u.test(sub)
  );
}
