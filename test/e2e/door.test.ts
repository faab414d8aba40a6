import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { documentOf } from '../support/migrate.js';
import { type Environment, execute } from '../support/program.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-door-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const PASSWORD = 'seeded-Kq7';
const DSN = `postgresql://app:${PASSWORD}@127.0.0.1:1/holdfast`;
const MASKED = 'postgresql://app:***@127.0.0.1:1/holdfast';
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL' };
const UNREACHABLE = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  DATABASE_URL: DSN,
  DB_STARTUP_TIMEOUT: '1',
};

const run = (args: readonly string[], environment: Environment) =>
  execute('cli.js', args, environment, { cwd: folder });

const COMMANDS = [
  ['migrate', 'up'],
  ['migrate', 'status'],
  ['migrate', 'plan'],
  ['purge'],
  ['identity'],
  ['check'],
  ['config'],
  ['copy', '--from', 'none.db'],
  ['proof', '--url', 'http://127.0.0.1:1'],
  ['backup', '--out', 'backups'],
  ['restore', 'none', '--into', 'none.sqlite'],
];

describe('every command passes the door of the service', () => {
  const files: Environment = {
    DATABASE_URL_FILE: join(folder, 'app'),
    MIGRATION_DATABASE_URL_FILE: join(folder, 'owner'),
  };

  it.each([...COMMANDS, ['serve']])(
    '%s %s does not fall to SQLite beside the files of a PostgreSQL',
    async (...args) => {
      for (const file of Object.values(files)) writeFileSync(file, `${DSN}\n`);
      const ended = await run(args.filter(Boolean), files);
      expect([ended.code, ended.stderr]).toEqual([
        78,
        expect.stringContaining('POSTGRES_SETTINGS_UNUSED'),
      ]);
      expect(existsSync(join(folder, 'data'))).toBe(false);
      expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
    },
  );

  it.each([['--help'], ['--version'], ['explain', 'SETTING_QUOTED'], ['migrate', 'up', '--help']])(
    'but %s %s has nothing to pass',
    async (...args) => {
      const { code, where } = await run(args.filter(Boolean), files);
      expect([code, where]).toEqual([0, undefined]);
    },
  );
});

describe('a command says first where it is', () => {
  it.each(COMMANDS)('%s %s', async (...args) => {
    const { where = '', stdout, stderr } = await run(args.filter(Boolean), UNREACHABLE);
    expect(JSON.parse(where)).toMatchObject({
      profile: 'PRODUCTION',
      profile_by: 'APP_PERSISTENCE_PROFILE',
      stores: {
        dpm: { backend: 'POSTGRES', database: MASKED },
        advisory: { backend: 'POSTGRES', database: MASKED },
      },
    });
    expect(where + stdout + stderr).not.toContain(PASSWORD);
  });

  it('in words on a terminal, with paths and what is in memory', async () => {
    const environment = {
      ...LOCAL,
      LOG_FORMAT: 'pretty',
      DATABASE_URL: DSN,
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    };
    const { code, stderr } = await run(['config'], environment);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^LOCAL \(by APP_PERSISTENCE_PROFILE\)\n/);
    expect(stderr).toMatch(/^ {2}dpm +SQLITE +\/.*holdfast\.sqlite$/m);
    expect(stderr).toMatch(/^ {2}advisory +IN_MEMORY +in memory$/m);
    expect(stderr).toContain('DATABASE_URL is set, but no store uses it');
    expect(stderr).not.toContain(PASSWORD);
  });

  it('and which variables it does not read, though they seem to be meant for it', async () => {
    const strays = { POSTGRES_URL: DSN, DATABSE_URL: DSN, LOG_FORMAT: 'pretty' };
    const { code, stderr, stdout } = await run(['config'], { ...LOCAL, ...strays });
    expect(code).toBe(0);
    expect(stderr).toContain('  DATABSE_URL is not read; did you mean DATABASE_URL?\n');
    expect(stderr).toContain('  POSTGRES_URL is not read; a PostgreSQL is named by DATABASE_URL\n');
    expect(stderr + stdout).not.toContain(PASSWORD);
  });

  it('beside one document on stdout under --json', async () => {
    const ended = await run(['config', '--json'], LOCAL);
    expect(documentOf(ended)).toMatchObject({ profile: 'LOCAL' });
    expect(ended.where).toContain('"event":"command.where"');
    expect(ended.where).not.toContain('null');
  });
});

it('check says no-go outside of PRODUCTION, and what else it has found', async () => {
  const { code, stdout } = await run(['check', '--connect', '--json'], LOCAL);
  const { verdict, checks } = JSON.parse(stdout) as {
    readonly verdict: string;
    readonly checks: readonly { readonly name: string; readonly code: string | null }[];
  };
  expect([code, verdict]).toEqual([1, 'no-go']);
  expect(checks[0]).toMatchObject({ name: 'guard', code: 'CUTOVER_PROFILE_NOT_PRODUCTION' });
  expect(checks.length).toBeGreaterThan(1);
});
