import { type CryptoKey, SignJWT } from 'jose';
import type { Operator } from '@holdfast/guard/credentials/credentials';
import { OPERATOR_CLAIM, SESSION_CLAIM } from '../auth/caller.js';
import type { TokenRules } from '../auth/token-verifier.js';

/** A token is good for so long after its operator has been removed, at most. */
export const TOKEN_SECONDS = 900;

/** Signs tokens of operators, which the service itself verifies as those of any other issuer. */
export class TokenIssuer {
  constructor(
    private readonly key: () => CryptoKey,
    private readonly rules: TokenRules,
  ) {}

  issue({ name, id, scopes }: Operator, session: string): Promise<string> {
    const { issuer, audience } = this.rules;
    const claims = { scope: scopes.join(' '), [SESSION_CLAIM]: session, [OPERATOR_CLAIM]: id };
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(name)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS}s`);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.sign(this.key());
  }
}
