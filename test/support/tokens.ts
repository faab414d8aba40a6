import { SignJWT } from 'jose';

/** Of HS256, for services that tests start. */
export const SIGNING_KEY = 'a key of tests, which is long enough for HS256';

/** What lets callers of a service prove who they are. */
export const JWT = { AUTH_MODE: 'jwt', JWT_SIGNING_KEY: SIGNING_KEY } as const;

/** Who may do everything that the routes of this build are for. */
export const EVERY_SCOPE =
  'proposals:read proposals:write proposals:approve runs:read runs:write policies:read policies:admin media:read media:admin ops:read';

/**
 * A token of five minutes.
 * @param claims beyond these, or in their place
 */
export function tokenFor(
  subject: string,
  scope: string = EVERY_SCOPE,
  claims: Readonly<Record<string, unknown>> = {},
  key: string = SIGNING_KEY,
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 300;
  return new SignJWT({ sub: subject, scope, exp, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(key));
}

export function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}
