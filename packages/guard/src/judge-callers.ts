import { authModeOf } from './caller-settings.js';
import { CREDENTIALS_VARIABLE, judgeCredentials } from './credentials/judge-credentials.js';
import type { JudgeInput } from './judge-input.js';
import type { Notice } from './judge-unread-names.js';
import type { Profile } from './profile.js';
import { originsIn } from './variables/browser.variables.js';
import { violation, type Violation } from './violation.js';

/** As long as what HS256 makes of it, as RFC 7518 demands. */
const LEAST_KEY_BYTES = 32;

const KEYS = ['JWT_SIGNING_KEY', 'JWT_JWKS_FILE', 'JWT_JWKS_URL'] as const;

/** By which the service itself can sign. */
const SHARED_KEYS = ['JWT_SIGNING_KEY', 'CURSOR_KEY'] as const;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What a profile demands of the proof of who calls. */
export function judgeCallers(input: JudgeInput, profile: Profile): readonly Violation[] {
  const { raw, values, invalid } = input;
  if (isInvalid(invalid, 'AUTH_MODE')) return [];
  if (authModeOf(values, profile) === 'none') {
    return profile === 'LOCAL' || values.AUTH_NONE_ACCEPTED
      ? []
      : [
          violation(
            'PERSISTENCE_PROFILE_REQUIRES_AUTH',
            'AUTH_MODE',
            'is none, which lets anybody do anything',
          ),
        ];
  }
  const isGiven = (name: string) => raw.texts.has(name) || raw.unreadable.has(name);
  if (!KEYS.some((name) => isGiven(name) || isInvalid(invalid, name))) {
    const message = 'is not set, nor is JWT_JWKS_FILE or JWT_JWKS_URL: no token can be checked';
    return [violation('JWT_KEYS_MISSING', 'JWT_SIGNING_KEY', message)];
  }
  return SHARED_KEYS.filter((name) => isTooShort(values[name])).map((name) =>
    violation('SECRET_TOO_WEAK', name, `has less than ${LEAST_KEY_BYTES} bytes`),
  );
}

/** Values that do not go together, or lead nowhere. */
export function judgeCallerValues(input: JudgeInput, profile: Profile): readonly Violation[] {
  const { values, invalid } = input;
  if (isInvalid(invalid, 'AUTH_MODE')) return [];
  const wrong = (variable: string, message: string) =>
    violation('SETTING_INVALID', variable, message);
  const isJwt = authModeOf(values, profile) === 'jwt';
  const { JWT_JWKS_FILE: file, JWT_JWKS_URL: url, OPS_ACCESS, OPS_PORT, PORT } = values;
  const faults = [
    isJwt && file !== undefined && !isKeySet(input, file)
      ? wrong('JWT_JWKS_FILE', 'must name a readable file with a JSON Web Key Set of public keys')
      : undefined,
    isJwt && file !== undefined && url !== undefined
      ? wrong('JWT_JWKS_URL', 'must not be given beside JWT_JWKS_FILE')
      : undefined,
    isJwt && url !== undefined && profile === 'PRODUCTION' && !isTrustworthy(url)
      ? wrong('JWT_JWKS_URL', 'must be https:// under PRODUCTION, unless it is on the same machine')
      : undefined,
    OPS_ACCESS === 'token' && !isJwt
      ? wrong('OPS_ACCESS', 'must not be token under AUTH_MODE=none, where nobody has one')
      : undefined,
    OPS_ACCESS === 'separate-port' && OPS_PORT === PORT && PORT !== 0
      ? wrong('OPS_PORT', 'must be another port than PORT')
      : undefined,
  ];
  return [
    ...faults.filter((each) => each !== undefined),
    ...judgeCredentials(input, profile),
    ...judgeLocalOnly(input, profile),
  ];
}

/** Keys by which nobody checks anything. */
export function unusedKeys({ raw, values }: JudgeInput, profile: Profile): readonly Notice[] {
  if (authModeOf(values, profile) === 'jwt') return [];
  return [...KEYS, 'CURSOR_KEY', CREDENTIALS_VARIABLE]
    .filter((name) => raw.texts.has(name))
    .map((variable) => ({
      variable,
      message: 'is not used: AUTH_MODE is none, and callers prove nothing',
    }));
}

function isTooShort(key: string | undefined): boolean {
  return key !== undefined && Buffer.byteLength(key) < LEAST_KEY_BYTES;
}

function judgeLocalOnly({ all, values }: JudgeInput, profile: Profile): readonly Violation[] {
  if (profile === 'LOCAL') return [];
  const letsAllIn = originsIn(values.CORS_ORIGINS).includes('*');
  const origins = letsAllIn
    ? [
        violation(
          'SETTING_LOCAL_ONLY',
          'CORS_ORIGINS',
          'is *, which lets the scripts of every page read answers',
          'Name the origins, as in https://app.example.com; only LOCAL takes *.',
        ),
      ]
    : [];
  const flags = [...all].flatMap(([name, { localOnly }]) =>
    localOnly && values[name] === true
      ? [violation('SETTING_LOCAL_ONLY', name, 'is true, but PRODUCTION does not go without it')]
      : [],
  );
  return [...flags, ...origins];
}

function isInvalid(invalid: readonly Violation[], name: string): boolean {
  return invalid.some(({ variable }) => variable === name);
}

/** Whether anything in it may be a public key: which of them can be used is found out when it is loaded. */
function isKeySet({ dsnContext }: JudgeInput, path: string): boolean {
  try {
    const { keys } = JSON.parse(dsnContext.readFile(path)) as { readonly keys?: unknown };
    return Array.isArray(keys) && keys.some((key) => isPublicKey(key));
  } catch {
    return false;
  }
}

function isPublicKey(key: unknown): boolean {
  const { kty } = Object(key) as { readonly kty?: unknown };
  return kty === 'RSA' || kty === 'EC' || kty === 'OKP';
}

function isTrustworthy(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}
