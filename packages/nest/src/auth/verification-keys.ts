import type { CryptoKey } from 'jose';

/** What a token says of the key that it is signed with. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string | undefined;
}

/** Where the keys come from that tokens are checked by. */
export interface VerificationKeys {
  /** What may be in `alg`. */
  readonly algorithms: readonly string[];
  /** Changes with each change of the keys: what has been verified by them is to be verified anew. */
  readonly generation: number;
  /**
   * The keys that a token may be signed with, each of which is for `alg` and for nothing else.
   * @throws JWT_KEYS_UNAVAILABLE while none have been had
   */
  keysFor(header: TokenHeader): Promise<readonly CryptoKey[]>;
  close(): void;
}

/** Injection token of the `TokenKeys`; null under AUTH_MODE=none. */
export const TOKEN_KEYS = 'holdfast.token-keys';

/** All keys of the service. */
export interface TokenKeys extends VerificationKeys {
  /** That the service signs with, of HS256; undefined where it has no key that it could. */
  readonly signingKey: CryptoKey | undefined;
}
