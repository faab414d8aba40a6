import type { CryptoKey } from 'jose';
import type { Log } from '@holdfast/core/log';
import type { AuthSettings } from '@holdfast/guard/caller-settings';
import { KeySetFile } from './key-set-file.js';
import { KeySetUrl } from './key-set-url.js';
import { SigningKey } from './signing-key.js';
import type { TokenHeader, TokenKeys, VerificationKeys } from './verification-keys.js';

/** @throws JWT_KEYS_UNUSABLE */
export async function openKeys(
  auth: Extract<AuthSettings, { readonly mode: 'jwt' }>,
  log: Log,
): Promise<TokenKeys> {
  const { signingKey, signingKeyFile, keySetFile, keySetUrl } = auth;
  const own = signingKey && (await SigningKey.open(signingKey, signingKeyFile, log));
  const sources = [
    ...(own ? [own] : []),
    ...(keySetFile === undefined ? [] : [await KeySetFile.open(keySetFile, log)]),
    ...(keySetUrl === undefined ? [] : [new KeySetUrl(keySetUrl, log)]),
  ];
  return new SeveralKeys(sources, own);
}

/** Each algorithm is asked of who is for it: a shared key and a public one are never taken for each other. */
class SeveralKeys implements TokenKeys {
  readonly algorithms: readonly string[];

  constructor(
    private readonly sources: readonly VerificationKeys[],
    private readonly own: SigningKey | undefined,
  ) {
    this.algorithms = sources.flatMap(({ algorithms }) => algorithms);
  }

  get signingKey(): CryptoKey | undefined {
    return this.own?.current;
  }

  get generation(): number {
    return this.sources.reduce((sum, { generation }) => sum + generation, 0);
  }

  async keysFor(header: TokenHeader): Promise<readonly CryptoKey[]> {
    const source = this.sources.find(({ algorithms }) => algorithms.includes(header.alg));
    return (await source?.keysFor(header)) ?? [];
  }

  close(): void {
    for (const source of this.sources) source.close();
  }
}
