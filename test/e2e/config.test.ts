import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { allVariables } from '@holdfast/guard/environment';
import { service } from '../../src/service.js';
import { documentOf } from '../support/migrate.js';
import { type Environment, execute } from '../support/program.js';

interface Document {
  readonly profile?: string;
  readonly strict?: boolean;
  readonly databases?: readonly { readonly dsn?: string }[];
  readonly variables: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly origin: string;
    readonly refused: boolean;
  }[];
  readonly violations: readonly { readonly code: string }[];
}

const PASSWORD = 'seeded-Wf4';
const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Of `holdfast config --json`, with the output that it is in. */
async function shown(environment: Environment) {
  const ended = await execute('cli.js', ['config', '--json'], environment, { cwd: folder });
  const document = documentOf(ended) as Document;
  const of = (name: string) => document.variables.find((each) => each.name === name);
  return { ended, document, of };
}

describe('holdfast config', () => {
  it('tells the value of every variable and where it comes from', async () => {
    const secret = join(folder, 'dsn');
    writeFileSync(secret, `postgresql://app:${PASSWORD}@db.example.com/orders\n`);
    writeFileSync(join(folder, '.env'), 'DB_POOL_SIZE=7\n');
    const { ended, document, of } = await shown({
      DPM_SUPPORTABILITY_STORE_BACKEND: 'SQLITE',
      PROPOSAL_STORE_BACKEND: 'postgresql',
      PROPOSAL_POSTGRES_DSN_FILE: secret,
      REDIS_URL: `redis://:${PASSWORD}@r.example.com`,
      DB_POOL_TIMEOUT: '12',
    });
    rmSync(join(folder, '.env'));
    expect(ended.code).toBe(0);
    expect(document.variables.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...allVariables(service).keys()]),
    );
    expect(of('DB_POOL_SIZE')).toMatchObject({ value: 7, origin: '.env' });
    expect(of('DB_POOL_TIMEOUT')).toMatchObject({ value: 12, origin: 'environment' });
    expect(of('DB_POOL_PRE_PING')).toMatchObject({ value: true, origin: 'default' });
    expect(of('PROPOSAL_POSTGRES_DSN')).toMatchObject({
      value: 'postgresql://app:***@db.example.com:5432/orders',
      origin: 'file',
    });
    expect(of('REDIS_URL')).toMatchObject({
      value: 'redis://:***@r.example.com',
      origin: 'environment',
    });
    expect(of('PROPOSAL_STORE_BACKEND')).toMatchObject({ value: 'POSTGRES' });
    expect(of('APP_PERSISTENCE_PROFILE')).toMatchObject({ value: 'LOCAL', origin: 'default' });
    expect(document).toMatchObject({ profile: 'LOCAL', strict: false, violations: [] });
    expect(document.databases).toContainEqual(
      expect.objectContaining({ dsn: 'postgresql://app:***@db.example.com:5432/orders' }),
    );
    expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
  });

  it('shows no connection string that was put where none belongs', async () => {
    const dsn = `postgresql://app:${PASSWORD}@db.example.com/orders`;
    for (const name of ['SQLITE_PATH', 'HOST', 'DB_APPLICATION_NAME', 'APP_ENV', 'LOG_LEVEL']) {
      const { ended, of } = await shown({ APP_PERSISTENCE_PROFILE: 'LOCAL', [name]: dsn });
      expect([ended.code, of(name)]).toMatchObject([78, { value: null, refused: true }]);
      expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
    }
  });

  it('shows a configuration that is refused, but no value that is, and ends with 78', async () => {
    const environment = {
      APP_ENV: 'production',
      DATABASE_URL: `postgresql://app:${PASSWORD}#@db.example.com/orders`,
      // In the wrong place.
      DB_POOL_SIZE: PASSWORD,
    };
    const { ended, document, of } = await shown(environment);
    expect(ended.code).toBe(78);
    expect(of('APP_PERSISTENCE_PROFILE')).toMatchObject({ value: 'PRODUCTION' });
    expect(of('DB_POOL_SIZE')).toMatchObject({ value: null, refused: true });
    expect(of('DATABASE_URL')).toMatchObject({ value: null, refused: true });
    expect(document.violations.map(({ code }) => code)).toEqual([
      'ENVIRONMENT_REQUIRES_REDIS_URL',
      'DSN_PASSWORD_NOT_ENCODED',
      'SETTING_INVALID',
    ]);
    const people = await execute('cli.js', ['config'], environment);
    expect(people.code).toBe(78);
    expect(people.stdout).toMatch(/^DB_POOL_SIZE +\(refused\) +environment$/m);
    expect(people.stdout).toMatch(/^REDIS_URL +\(missing\) +default$/m);
    expect(people.stderr).toContain('SETTING_INVALID');
    const output = [ended, people].map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(output).not.toContain(PASSWORD);
  });
});
