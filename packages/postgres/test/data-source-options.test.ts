import { inspect } from 'node:util';
import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { postgresOptions, sqliteOptions } from '../src/database/data-source-options.js';
import { clientConfig } from '../src/connection/postgres-client.js';
import { tlsOptions } from '../src/connection/tls-options.js';
import { poolSettings, postgresSettings } from '../../../test/support/settings.js';

const PASSWORD = 'p@ss/wörd#?%&';
const DSN = `postgresql://app:${encodeURIComponent(PASSWORD)}@db.internal:6543/holdfast`;
const pool = poolSettings({ statementTimeoutMs: 1234, lockTimeoutMs: 567 });
const settings = { pool } as Settings;

const database = (changed: Partial<PostgresSettings> = {}) =>
  postgresSettings(DSN, { applicationName: 'trial', connectTimeoutMs: 890, ...changed });

const reveal = (password: unknown) => (password as () => Promise<string>)();

/** What must hold for every data source: nobody but the migrator changes a schema. */
const HARMLESS = { synchronize: false, migrationsRun: false, logging: false };

describe('one connection of pg', () => {
  const config = clientConfig(database(), pool);

  it('is given single fields, the password decoded', async () => {
    const { password, ...rest } = config;
    expect(rest).toEqual({
      host: 'db.internal',
      port: 6543,
      user: 'app',
      database: 'holdfast',
      ssl: false,
      application_name: 'trial',
      connectionTimeoutMillis: 890,
      statement_timeout: 1234,
      lock_timeout: 567,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    await expect(reveal(password)).resolves.toBe(PASSWORD);
  });

  it('is given no URL that could override a field', () => {
    expect(config).not.toHaveProperty('connectionString');
  });

  it('is given an empty password rather than none, so that pg looks for none elsewhere', async () => {
    const { password } = clientConfig(postgresSettings('postgresql://app@db/holdfast'), pool);
    await expect(reveal(password)).resolves.toBe('');
  });

  it('is given an IPv6 address without brackets', () => {
    const { host } = clientConfig(postgresSettings('postgresql://app@[::1]:5432/holdfast'), pool);
    expect(host).toBe('::1');
  });

  it('does not show its password', () => {
    for (const shown of [config, postgresOptions(database(), settings)]) {
      expect(JSON.stringify(shown)).not.toContain(PASSWORD);
      expect(inspect(shown, { depth: null, showHidden: true })).not.toContain(PASSWORD);
    }
  });
});

describe('the data source of PostgreSQL', () => {
  it('is given the same fields under the names that TypeORM has for them', async () => {
    const { password, poolErrorHandler, ...rest } = postgresOptions(database(), settings);
    expect(rest).toEqual({
      ...HARMLESS,
      type: 'postgres',
      host: 'db.internal',
      port: 6543,
      username: 'app',
      database: 'holdfast',
      ssl: false,
      installExtensions: false,
      extra: {
        application_name: 'trial',
        connectionTimeoutMillis: 890,
        statement_timeout: 1234,
        lock_timeout: 567,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
      },
    });
    await expect(reveal(password)).resolves.toBe(PASSWORD);
    poolErrorHandler?.(new Error('of an idle connection, which is no event'));
  });

  it('is given TLS as an object, never in a URL', () => {
    const { ssl, ...rest } = postgresOptions(database({ tls: { mode: 'require' } }), settings);
    expect(ssl).toEqual({ rejectUnauthorized: false });
    expect(rest).not.toHaveProperty('url');
    expect(rest.extra).not.toHaveProperty('ssl');
  });
});

describe('the data source of SQLite', () => {
  it('waits for locks as long as it is told', () => {
    const file = { name: 'primary', type: 'sqlite', stores: ['dpm'], path: 'a/b.sqlite' } as const;
    expect(sqliteOptions(file, settings)).toEqual({
      ...HARMLESS,
      type: 'better-sqlite3',
      database: 'a/b.sqlite',
      timeout: 567,
    });
  });
});

describe('TLS', () => {
  const tlsFor = (settings: PostgresSettings) => tlsOptions(settings, settings.dsn.hosts[0]);
  const tls = (mode: PostgresSettings['tls']['mode'], ca?: string) =>
    tlsFor(database({ tls: { mode, ...(ca !== undefined && { ca }) } }));

  /** What the check of the name says of a certificate for the given names. */
  function refusal(options: ReturnType<typeof tlsOptions>, subjectaltname: string): string {
    if (options === false) throw new Error('there is no TLS');
    const certificate = { subject: { CN: 'ignored' }, subjectaltname } as PeerCertificate;
    // Node passes `localhost` when the connection is to an address.
    return options.checkServerIdentity?.('localhost', certificate)?.message ?? 'none';
  }

  it('is off under disable, even with an authority', () => {
    expect(tls('disable')).toBe(false);
    expect(tls('disable', 'PEM')).toBe(false);
  });

  it('only encrypts under require', () => {
    expect(tls('require')).toEqual({ rejectUnauthorized: false });
  });

  it('checks the chain but not the name under require with an authority', () => {
    const options = tls('require', 'PEM');
    expect(options).toMatchObject({ ca: 'PEM', rejectUnauthorized: true });
    expect(refusal(options, 'DNS:elsewhere.internal')).toBe('none');
  });

  it('checks chain and name under verify-full, by the given authority', () => {
    const options = tls('verify-full', 'PEM');
    expect(options).toMatchObject({ ca: 'PEM', rejectUnauthorized: true });
    expect(refusal(options, 'DNS:db.internal')).toBe('none');
    expect(refusal(options, 'DNS:elsewhere.internal')).toContain('altnames');
    expect(refusal(options, 'DNS:localhost')).toContain('altnames');
  });

  it("checks by the system's authorities under verify-full without one", () => {
    const options = tls('verify-full');
    expect(options).toMatchObject({ rejectUnauthorized: true });
    expect(options).not.toHaveProperty('ca');
    expect(refusal(options, 'DNS:elsewhere.internal')).toContain('altnames');
  });

  it('is never asked of a unix socket', () => {
    const dsn = 'postgresql://app@%2Frun%2Fpostgresql/holdfast';
    expect(tlsFor(postgresSettings(dsn, { tls: { mode: 'verify-full' } }))).toBe(false);
  });

  it('checks the address itself under verify-full to an address', () => {
    const options = tlsFor(
      postgresSettings('postgresql://app@10.1.2.3/holdfast', { tls: { mode: 'verify-full' } }),
    );
    expect(refusal(options, 'IP Address:10.1.2.3')).toBe('none');
    expect(refusal(options, 'DNS:localhost, IP Address:127.0.0.1')).toContain('altnames');
  });
});
