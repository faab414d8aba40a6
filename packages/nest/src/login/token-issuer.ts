import { type CryptoKey, SignJWT } from 'jose';
import { SESSION_CLAIM } from '../auth/caller.js';
import type { TokenRules } from '../auth/token-verifier.js';

/** A token is good for so long after its operator has been removed, at most. */
export const TOKEN_SECONDS = 900;

/** Signs tokens of operators, which the service itself verifies as those of any other issuer. */
export class TokenIssuer {
  constructor(
    private readonly key: () => CryptoKey,
    private readonly rules: TokenRules,
  ) {}

  issue(subject: string, scopes: readonly string[], session: string): Promise<string> {
    const { issuer, audience } = this.rules;
    const token = new SignJWT({ scope: scopes.join(' '), [SESSION_CLAIM]: session })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS}s`);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.sign(this.key());
  }
}
