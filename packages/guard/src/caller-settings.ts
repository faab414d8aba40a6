import type { Secret } from '@holdfast/core/secret';
import type { Values } from './environment.js';
import type { Profile } from './profile.js';
import type { SecretFile } from './secrets/secret-file.js';

/** What callers prove themselves by. */
export type AuthSettings =
  | { readonly mode: 'none' }
  | {
      readonly mode: 'jwt';
      /** Of HS256. */
      readonly signingKey?: Secret;
      /** That the key came from, and is read again from. */
      readonly signingKeyFile?: SecretFile;
      readonly keySetFile?: string;
      readonly keySetUrl?: string;
      readonly issuer?: string;
      readonly audience?: string;
      /** Of cursors; without it they are signed by a key that is derived from `signingKey`. */
      readonly cursorKey?: Secret;
      /** That it came from, and is read again from. */
      readonly cursorKeyFile?: SecretFile;
      /** With the operators that may log in; absent where nobody does. */
      readonly credentialsFile?: string;
    };

/** Who may see what operators look at: health in detail, diagnostics, documentation. */
export type OperationsAccess = 'open' | 'token' | 'separate-port';

export function authModeOf({ AUTH_MODE }: Values, profile: Profile): AuthSettings['mode'] {
  return AUTH_MODE ?? (profile === 'PRODUCTION' ? 'jwt' : 'none');
}

/** Where no caller has a token, none can be asked for. */
export function operationsAccessOf(values: Values, profile: Profile): OperationsAccess {
  const hasTokens = authModeOf(values, profile) === 'jwt';
  return values.OPS_ACCESS ?? (profile === 'PRODUCTION' && hasTokens ? 'token' : 'open');
}

/** More than a well-behaved client of a service has under way, and few enough that one cannot take all of it. */
const MOST_REQUESTS = 64;

/** Without proof, all clients behind one address are one caller: a limit has to be chosen. */
export function mostRequestsOf(values: Values, profile: Profile): number {
  const isProven = authModeOf(values, profile) === 'jwt';
  const usual = profile === 'PRODUCTION' && isProven ? MOST_REQUESTS : 0;
  return values.MAX_REQUESTS_PER_CALLER ?? usual;
}
