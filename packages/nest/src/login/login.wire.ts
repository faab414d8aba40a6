import { z } from 'zod';
import type { LoggedIn } from './login.js';
import { TOKEN_SECONDS } from './token-issuer.js';

const LONGEST_NAME = 256;
/** Hashed in no time, and longer than any that is remembered. */
const LONGEST_PASSWORD = 1024;

export const LoginBody = z
  .strictObject({
    username: z
      .string()
      .max(LONGEST_NAME)
      .meta({ description: 'Small and capital letters are the same.' }),
    password: z.string().max(LONGEST_PASSWORD),
  })
  .meta({ id: 'Login' });

export const LoggedInBody = z
  .strictObject({
    access_token: z.string().meta({ description: 'For Authorization: Bearer; also in a cookie.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.' }),
    scope: z.string(),
    username: z.string(),
    csrf_token: z.string().meta({ description: 'For X-CSRF-Token, with requests by the cookie.' }),
  })
  .meta({ id: 'LoggedIn' });

export function loggedInBody(loggedIn: LoggedIn): z.output<typeof LoggedInBody> {
  return {
    access_token: loggedIn.accessToken,
    token_type: 'Bearer',
    expires_in: TOKEN_SECONDS,
    scope: loggedIn.scopes.join(' '),
    username: loggedIn.user,
    csrf_token: loggedIn.csrfToken,
  };
}

export const example = {
  access_token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: TOKEN_SECONDS,
  scope: 'ops:read',
  username: 'ada',
  csrf_token: 'dGhlIHBhZ2VzIG9mIHRoaXMgc2Vzc2lvbg',
} as const;
