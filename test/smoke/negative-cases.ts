import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { registeredStores } from '../../src/stores/registry.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

type Environment = Readonly<Record<string, string>>;

/** One configuration with one thing wrong. */
export type Case = (secret: string, packs: Packs) => Environment;

/** Files of proof packs of this build and this configuration, and of keys, with one thing wrong each. */
export interface Packs {
  readonly noGo: string;
  readonly expired: string;
  readonly ofAnotherCommit: string;
  /** The only key files without a fault: of one key. */
  readonly keys: string;
  readonly exposedKeys: string;
  readonly brokenKeys: string;
  /** A file of operators without a fault. */
  readonly operators: string;
}

/** Encrypted with a key of an id that the key files have, or not. */
const encrypted = (text: string, id: string, variable?: string) =>
  encryptValue(text, parseSecretKeys(newSecretKeyLine(id)), variable);

/** Nothing listens there: whoever gets past the guard ends with 69, not with 78. */
const dsn = (password: string) => `postgresql://app:${password}@127.0.0.1:1/holdfast`;

export const production = (secret: string): Environment => ({
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  ...WITHOUT_CALLERS,
  APP_ENV: 'production',
  DATABASE_URL: dsn(secret),
  REDIS_URL: `redis://:${secret}@127.0.0.1:1/0`,
});

/** PRODUCTION in which all is well but for what is changed; an empty list of names takes none away. */
const but =
  (changes: Case, without: readonly string[] = []): Case =>
  (secret, packs) =>
    Object.fromEntries(
      Object.entries({ ...production(secret), ...changes(secret, packs) }).filter(
        ([name]) => !without.includes(name),
      ),
    );

/** With a bucket, of which one variable is not said. */
const bucket = (secret: string): Environment => ({
  MEDIA_ENABLED: 'true',
  MEDIA_FILES: 's3',
  MEDIA_S3_ENDPOINT: 'https://127.0.0.1:1',
  MEDIA_S3_ACCESS_KEY_ID: 'key',
  MEDIA_S3_SECRET_ACCESS_KEY: secret,
});

/** By code of the guard. */
const written: Readonly<Record<string, Case>> = {
  PERSISTENCE_PROFILE_UNKNOWN: but((secret) => ({ APP_PERSISTENCE_PROFILE: secret })),
  PERSISTENCE_PROFILE_UNDECIDED: (secret) => ({ APP_ENV: 'qa', DATABASE_URL: dsn(secret) }),
  SETTING_QUOTED: but((secret) => ({ DATABASE_URL: `"${dsn(secret)}"` })),
  SETTING_GIVEN_TWICE: but((secret) => ({ AB_DATABASE_URL: `${dsn(secret)}?sslmode=disable` })),
  SETTING_NAME_MISSPELT: but((secret) => ({ 'export DATABASE_URL': dsn(secret.repeat(2)) })),
  SETTING_FILE_UNSUPPORTED: but(() => ({ PROPOSAL_STORE_BACKEND_FILE: '/run/secrets/backend' })),
  POSTGRES_SETTINGS_UNUSED: (secret) => ({ APP_ENV: 'dev', DATABASE_URL: dsn(secret) }),
  PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT: but(() => ({ APP_PERSISTENCE_PROFILE: 'LOCAL' })),
  STORE_BACKEND_UNKNOWN: but((secret) => ({ PROPOSAL_STORE_BACKEND: secret })),
  STORE_REQUIRES_POSTGRES_DSN: () => ({
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    PROPOSAL_STORE_BACKEND: 'POSTGRES',
  }),
  ENVIRONMENT_REQUIRES_REDIS_URL: but(() => ({}), ['REDIS_URL']),
  PERSISTENCE_PROFILE_REQUIRES_AUTH: but(() => ({ AUTH_NONE_ACCEPTED: 'false' })),
  // Nothing of it is set: blank is as good as that, and what the programs of the tests are given is gone.
  JWT_KEYS_MISSING: but(() => ({ AUTH_MODE: '', AUTH_NONE_ACCEPTED: '' })),
  SECRET_TOO_WEAK: but((secret) => ({ AUTH_MODE: 'jwt', JWT_SIGNING_KEY: secret.slice(0, 31) })),
  LOGIN_REQUIRES_SIGNING_KEY: but((_, { operators }) => ({
    AUTH_MODE: 'jwt',
    JWT_JWKS_URL: 'https://127.0.0.1:1/keys',
    ADMIN_CREDENTIALS_PATH: operators,
  })),
  CREDENTIALS_FILE_MISSING: but((secret) => ({
    AUTH_MODE: 'jwt',
    JWT_SIGNING_KEY: secret.repeat(2),
    ADMIN_CREDENTIALS_PATH: '/nowhere/operators.json',
  })),
  CREDENTIALS_FILE_UNREADABLE: but((secret) => ({
    AUTH_MODE: 'jwt',
    JWT_SIGNING_KEY: secret.repeat(2),
    ADMIN_CREDENTIALS_PATH: '/',
  })),
  CREDENTIALS_FILE_MALFORMED: but((secret, { keys }) => ({
    AUTH_MODE: 'jwt',
    JWT_SIGNING_KEY: secret.repeat(2),
    ADMIN_CREDENTIALS_PATH: keys,
  })),
  SETTING_LOCAL_ONLY: but(() => ({ ALLOW_SELF_APPROVAL: 'true' })),
  DSN_EMPTY: but(() => ({ DATABASE_URL: ' ' })),
  DSN_PLACEHOLDER: but(() => ({ DATABASE_URL: dsn('[YOUR-PASSWORD]') })),
  DSN_SCHEME_UNSUPPORTED: but((secret) => ({ DATABASE_URL: `mysql://app:${secret}@db/holdfast` })),
  DSN_MALFORMED: but((secret) => ({ DATABASE_URL: `host=db user=app password=${secret}` })),
  DSN_MULTIPLE_HOSTS: but((secret) => ({
    DB_READ_REPLICA_URLS: `postgresql://app:${secret}@one,two/holdfast`,
  })),
  DSN_USER_NOT_ENCODED: but((secret) => ({
    DATABASE_URL: `postgresql://app@server:${secret}@127.0.0.1:1/holdfast`,
  })),
  DSN_PASSWORD_NOT_ENCODED: but((secret) => ({ DATABASE_URL: dsn(`${secret}#${secret}`) })),
  DSN_PARAMETER_UNSUPPORTED: but((secret) => ({
    DATABASE_URL: `${dsn(secret)}?password=${secret}`,
  })),
  SETTING_INVALID: but((secret) => ({ DB_POOL_SIZE: secret })),
  SECRET_GIVEN_TWICE: but(() => ({ DATABASE_URL_FILE: '/run/secrets/database_url' })),
  PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES: but(() => ({ MEDIA_ENABLED: 'true' })),
  MEDIA_FILES_S3_INCOMPLETE: but((secret) => bucket(secret)),
  MEDIA_FILES_S3_INVALID: but((secret) => ({
    ...bucket(secret),
    MEDIA_S3_BUCKET: `Has Spaces/${secret}`,
  })),
  PROOF_MISSING: but(() => ({ REQUIRE_PROOF: '/nowhere/proof.json' })),
  PROOF_EXPIRED: but((_, { expired }) => ({ REQUIRE_PROOF: expired })),
  PROOF_MISMATCH: but((_, { ofAnotherCommit }) => ({ REQUIRE_PROOF: ofAnotherCommit })),
  PROOF_NO_GO: but((_, { noGo }) => ({ REQUIRE_PROOF: noGo })),
  SECRET_KEY_MISSING: but((secret) => ({ DATABASE_URL: encrypted(dsn(secret), 'key') })),
  SECRET_KEY_FILE_INVALID: but((_, { brokenKeys }) => ({ HOLDFAST_SECRET_KEY_FILE: brokenKeys })),
  SECRET_KEY_FILE_EXPOSED: but((_, { exposedKeys }) => ({ HOLDFAST_SECRET_KEY_FILE: exposedKeys })),
  SECRET_KEY_UNKNOWN: but((secret, { keys }) => ({
    DATABASE_URL: encrypted(dsn(secret), 'other'),
    HOLDFAST_SECRET_KEY_FILE: keys,
  })),
  SECRET_VALUE_MALFORMED: but((secret, { keys }) => ({
    DATABASE_URL: `enc:v1:key:${secret}!`,
    HOLDFAST_SECRET_KEY_FILE: keys,
  })),
  SECRET_VALUE_MISPLACED: but((secret, { keys }) => ({
    DATABASE_URL: encrypted(dsn(secret), 'key', 'REDIS_URL'),
    HOLDFAST_SECRET_KEY_FILE: keys,
  })),
  SECRET_VALUE_REFUSED: but((secret, { keys }) => ({
    DATABASE_URL: encrypted(dsn(secret), 'key'),
    HOLDFAST_SECRET_KEY_FILE: keys,
  })),
  SECRET_FILE_UNREADABLE: but(() => ({ DATABASE_URL_FILE: '/nowhere/url' }), ['DATABASE_URL']),
};

/** The two codes of every store follow from its registration, and so do their cases. */
const ofStores = registeredStores.flatMap((store): (readonly [string, Case])[] => {
  const enabled = {
    ...Object.fromEntries(store.enabledBy.slice(0, 1).map((name) => [name, 'true'])),
    ...store.wantedInProduction,
  };
  const code = `PERSISTENCE_PROFILE_REQUIRES_${store.prefix}_POSTGRES`;
  const others = registeredStores.filter((other) => other !== store);
  return [
    [code, but(() => ({ ...enabled, [store.backendVariable]: 'SQLITE' }))],
    [
      `${code}_DSN`,
      but(
        (secret) => ({
          ...enabled,
          ...Object.fromEntries(others.map(({ dsnVariable }) => [dsnVariable, dsn(secret)])),
        }),
        ['DATABASE_URL'],
      ),
    ],
  ];
});

export const cases: ReadonlyMap<string, Case> = new Map([...Object.entries(written), ...ofStores]);

/**
 * Codes that end a process with 78 for what is not a variable: files, or what a database says. The test that has them from
 * outside the process.
 */
export const beyondTheGuard: Readonly<Record<string, string>> = {
  JWT_KEYS_UNUSABLE: 'test/e2e/caller-keys.long.test.ts',
  DATABASE_IDENTITY_MISMATCH: 'test/long/identity.test.ts',
  MIGRATIONS_MISSING: 'test/long/migrate.test.ts',
  BACKUP_KEY_INVALID: 'test/e2e/backup-encryption.long.test.ts',
  BACKUP_KEY_MISSING: 'test/e2e/backup-encryption.long.test.ts',
  BACKUP_KEY_WRONG: 'test/e2e/backup-encryption.long.test.ts',
  BACKUP_REQUIRES_SESSION: 'test/peers/backup.test.ts',
  BACKUP_STORAGE_INVALID: 'test/e2e/backup-storage.long.test.ts',
  COPY_REQUIRES_SESSION: 'test/peers/copy-rights.test.ts',
  MIGRATION_REQUIRES_SESSION: 'test/peers/migrate-pgbouncer.test.ts',
  MIGRATION_DATABASE_DIFFERS: 'test/long/migrate-refused.test.ts',
};
