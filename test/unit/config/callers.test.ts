import { describe, expect, it } from '@jest/globals';
import { faultsOf, settingsOf, type Texts } from './judge.js';

const KEY = { JWT_SIGNING_KEY: 'k'.repeat(32) };
/** Blank is not given: nothing is said of who calls. */
const UNSAID = { AUTH_MODE: '', AUTH_NONE_ACCEPTED: '' };
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', ...UNSAID };
const PRODUCTION = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  DATABASE_URL: 'postgresql://app:secret@db.internal:5432/holdfast',
  ...UNSAID,
};
const CREDENTIALS = { ADMIN_CREDENTIALS_PATH: '/operators' };
const HASH = `$scrypt$ln=14,r=8,p=1$${'s'.repeat(22)}$${'h'.repeat(43)}`;
const operators = (changed: object = {}) =>
  JSON.stringify({
    version: 1,
    users: [
      {
        name: 'ada',
        id: 'id-of-ada',
        password: HASH,
        scopes: ['ops:read'],
        changed_at: '2026-11-29T12:00:00.000Z',
        ...changed,
      },
    ],
  });
const SET = '{"keys":[{"kty":"RSA","kid":"one"}]}';

describe('who may call', () => {
  it.each<[string, Texts, string, string]>([
    ['LOCAL', LOCAL, 'none', 'open'],
    ['LOCAL with tokens', { ...LOCAL, AUTH_MODE: 'jwt', ...KEY }, 'jwt', 'open'],
    ['LOCAL with keys alone', { ...LOCAL, ...KEY }, 'none', 'open'],
    ['PRODUCTION with a key', { ...PRODUCTION, ...KEY }, 'jwt', 'token'],
    ['PRODUCTION, any case', { ...PRODUCTION, AUTH_MODE: ' JWT ', ...KEY }, 'jwt', 'token'],
    [
      'PRODUCTION without tokens, accepted',
      { ...PRODUCTION, AUTH_MODE: 'none', AUTH_NONE_ACCEPTED: 'true' },
      'none',
      'open',
    ],
    ['PRODUCTION, open', { ...PRODUCTION, ...KEY, OPS_ACCESS: 'open' }, 'jwt', 'open'],
    [
      'PRODUCTION, a port of its own',
      { ...PRODUCTION, ...KEY, OPS_ACCESS: 'separate-port' },
      'jwt',
      'separate-port',
    ],
  ])('under %s', (_name, environment, mode, access) => {
    const { auth, operations } = settingsOf(environment);
    expect(auth.mode).toBe(mode);
    expect(operations).toEqual({ access, port: 8001 });
  });

  it.each<[Texts, string]>([
    [PRODUCTION, 'JWT_KEYS_MISSING JWT_SIGNING_KEY'],
    [{ ...PRODUCTION, AUTH_NONE_ACCEPTED: 'true' }, 'JWT_KEYS_MISSING JWT_SIGNING_KEY'],
    [{ ...PRODUCTION, AUTH_MODE: 'none' }, 'PERSISTENCE_PROFILE_REQUIRES_AUTH AUTH_MODE'],
    [{ ...PRODUCTION, AUTH_MODE: 'none', ...KEY }, 'PERSISTENCE_PROFILE_REQUIRES_AUTH AUTH_MODE'],
    [{ ...PRODUCTION, AUTH_MODE: 'off' }, 'SETTING_INVALID AUTH_MODE'],
    [{ ...PRODUCTION, JWT_SIGNING_KEY: 'k'.repeat(31) }, 'SECRET_TOO_WEAK JWT_SIGNING_KEY'],
    [{ ...PRODUCTION, JWT_SIGNING_KEY: '' }, 'SECRET_TOO_WEAK JWT_SIGNING_KEY'],
    [{ ...PRODUCTION, JWT_SIGNING_KEY_FILE: '/short' }, 'SECRET_TOO_WEAK JWT_SIGNING_KEY'],
    [
      { ...PRODUCTION, JWT_SIGNING_KEY_FILE: '/none' },
      'SECRET_FILE_UNREADABLE JWT_SIGNING_KEY_FILE',
    ],
    [{ ...PRODUCTION, JWT_JWKS_FILE: '/none' }, 'SETTING_INVALID JWT_JWKS_FILE'],
    [{ ...PRODUCTION, JWT_JWKS_FILE: '/empty' }, 'SETTING_INVALID JWT_JWKS_FILE'],
    [{ ...PRODUCTION, JWT_JWKS_FILE: '/shared' }, 'SETTING_INVALID JWT_JWKS_FILE'],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'http://keys.test/' }, 'SETTING_INVALID JWT_JWKS_URL'],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'http://127.0.0.1.test/' }, 'SETTING_INVALID JWT_JWKS_URL'],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'keys.test' }, 'SETTING_INVALID JWT_JWKS_URL'],
    [
      { ...PRODUCTION, JWT_JWKS_FILE: '/set', JWT_JWKS_URL: 'https://keys.test/' },
      'SETTING_INVALID JWT_JWKS_URL',
    ],
    [
      { ...PRODUCTION, ...KEY, ALLOW_SELF_APPROVAL: 'yes' },
      'SETTING_LOCAL_ONLY ALLOW_SELF_APPROVAL',
    ],
    [{ ...LOCAL, AUTH_MODE: 'jwt' }, 'JWT_KEYS_MISSING JWT_SIGNING_KEY'],
    [{ ...LOCAL, OPS_ACCESS: 'token' }, 'SETTING_INVALID OPS_ACCESS'],
    [{ ...LOCAL, OPS_ACCESS: 'closed' }, 'SETTING_INVALID OPS_ACCESS'],
    [
      { ...LOCAL, OPS_ACCESS: 'separate-port', OPS_PORT: '9000', PORT: '9000' },
      'SETTING_INVALID OPS_PORT',
    ],
  ])('is refused: %j', (environment, fault) => {
    const files = {
      '/short': 'k',
      '/empty': '{"keys":[]}',
      '/shared': '{"keys":[{"kty":"oct"}]}',
      '/set': SET,
    };
    expect(faultsOf(environment, files)).toEqual([fault]);
  });

  it.each<[Texts]>([
    [{ ...PRODUCTION, JWT_JWKS_FILE: '/set' }],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'https://keys.test/keys' }],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'http://127.0.0.1:9000/keys' }],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'http://[::1]/keys' }],
    [{ ...PRODUCTION, JWT_JWKS_URL: 'http://localhost/keys', ...KEY }],
    [{ ...PRODUCTION, ...KEY, ALLOW_SELF_APPROVAL: 'false' }],
    [{ ...LOCAL, AUTH_MODE: 'jwt', JWT_JWKS_URL: 'http://keys.test/' }],
    [{ ...LOCAL, ALLOW_SELF_APPROVAL: 'true' }],
  ])('is accepted: %j', (environment) => {
    expect(faultsOf(environment, { '/set': SET })).toEqual([]);
  });

  it.each<[string, Texts, Texts, string | undefined]>([
    ['that can be read', KEY, { '/operators': operators() }, undefined],
    ['of nobody yet', KEY, { '/operators': '{"version":1,"users":[]}' }, undefined],
    ['that is not there', KEY, {}, 'MISSING'],
    ['that is no JSON', KEY, { '/operators': 'ada:secret' }, 'MALFORMED'],
    ['of another version', KEY, { '/operators': '{"version":2,"users":[]}' }, 'MALFORMED'],
    [
      'with a password that is not hashed',
      KEY,
      { '/operators': operators({ password: 'secret' }) },
      'MALFORMED',
    ],
    [
      'with a hash that takes gigabytes',
      KEY,
      { '/operators': operators({ password: HASH.replace('14', '20').replace('=8', '=32') }) },
      'MALFORMED',
    ],
    ['with a scope that is none', KEY, { '/operators': operators({ scopes: ['*'] }) }, 'MALFORMED'],
    ['that is too large', KEY, { '/operators': operators().padEnd(65_537) }, 'MALFORMED'],
  ])('judges a file of operators %s', (_name, key, files, fault) => {
    expect(faultsOf({ ...PRODUCTION, ...key, ...CREDENTIALS }, files)).toEqual(
      fault === undefined ? [] : [`CREDENTIALS_FILE_${fault} ADMIN_CREDENTIALS_PATH`],
    );
  });

  it('lets operators log in only where their tokens can be signed', () => {
    const keySet = { JWT_JWKS_FILE: '/set', ...CREDENTIALS };
    const files = { '/set': SET, '/operators': operators() };
    const fault = 'LOGIN_REQUIRES_SIGNING_KEY ADMIN_CREDENTIALS_PATH';
    expect(faultsOf({ ...PRODUCTION, ...keySet }, files)).toEqual([fault]);
    expect(faultsOf({ ...PRODUCTION, ...keySet, ...KEY }, files)).toEqual([]);
    expect(settingsOf({ ...LOCAL, ...CREDENTIALS }).notices).toMatchObject([
      { variable: 'ADMIN_CREDENTIALS_PATH' },
    ]);
  });

  it('is among what PRODUCTION would refuse', () => {
    const { shadow } = settingsOf({ ...LOCAL, APP_PERSISTENCE_SHADOW_PROFILE: 'PRODUCTION' });
    expect(shadow.map(({ code }) => code)).toContain('JWT_KEYS_MISSING');
  });

  it('keeps blanks and quotes of a key, which are part of it', () => {
    const key = `" ${'k'.repeat(32)} "`;
    const { auth } = settingsOf({ ...PRODUCTION, JWT_SIGNING_KEY: key });
    expect(auth.mode === 'jwt' && auth.signingKey?.reveal()).toBe(key);
  });
});
