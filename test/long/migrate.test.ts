import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, installation, jsonLines } from '../support/program.js';
import type { Ended } from '../support/service.js';
import { ledgerAlwaysOn, migrationsAlwaysOn } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();

const MIGRATIONS = ['0001_create_proposals', '0002_add_workflow', '0003_add_request_keys'];
const DPM_MIGRATIONS = [
  '0001_create_runs',
  '0002_add_operations_and_lineage',
  '0003_add_request_keys',
];
/** In the order in which they are applied. */
const ALL_MIGRATIONS = migrationsAlwaysOn();
const STATUS_KEYS = [
  'backend',
  'status',
  'current',
  'applied',
  'expected',
  'pending',
  'ahead',
  'drifted',
];

/** A database of either dialect, as the command program and the test see it. */
interface Target {
  readonly environment: Environment;
  /** Folder of the SQL files. */
  readonly dialect: 'postgres' | 'sqlite';
  readonly backend: 'POSTGRES' | 'SQLITE';
  readonly query: (sql: string) => Promise<readonly object[]>;
  /** Names of the tables, none when there is no database yet. */
  readonly tables: () => Promise<readonly string[]>;
}

async function onPostgres(): Promise<Target> {
  const database = await createDatabase();
  later(() => database.drop());
  return {
    environment: { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url },
    dialect: 'postgres',
    backend: 'POSTGRES',
    query: (sql) => database.query(sql),
    tables: async () => {
      const rows = await database.query<{ tablename: string }>(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
      );
      return rows.map(({ tablename }) => tablename);
    },
  };
}

function onSqlite(): Promise<Target> {
  const file = join(temporaryFolder(), 'data', 'holdfast.sqlite');
  const query = (sql: string) => {
    const connection = new Sqlite(file, { fileMustExist: true });
    try {
      const statement = connection.prepare<[], object>(sql);
      if (statement.reader) return Promise.resolve(statement.all());
      statement.run();
      return Promise.resolve([]);
    } finally {
      connection.close();
    }
  };
  return Promise.resolve({
    environment: { SQLITE_PATH: file },
    dialect: 'sqlite',
    backend: 'SQLITE',
    query,
    tables: async () => {
      if (!existsSync(file)) return [];
      const sql = `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1`;
      return (await query(sql)).map((row) => (row as { name: string }).name);
    },
  });
}

const TARGETS = [
  ['PostgreSQL', onPostgres],
  ['SQLite', onSqlite],
] as const;

const migrate = (
  { environment }: Pick<Target, 'environment'>,
  args: readonly string[],
  options: Parameters<typeof execute>[3] = {},
) => execute('cli.js', ['migrate', ...args], environment, options);

/** The one document that a command with `--json` prints. */
function documentOf({ stdout }: Ended): unknown {
  const lines = jsonLines(stdout);
  expect(lines).toHaveLength(1);
  return lines[0];
}

const ledgerOf = ({ query }: Target) =>
  query('SELECT store, version FROM holdfast_migrations ORDER BY store, version');

const WHOLE_LEDGER = ledgerAlwaysOn();

/** A copy of the program whose migrations the test may edit. */
function copy({ dialect }: Target) {
  const { folder, remove } = installation();
  later(remove);
  const place = join(folder, 'migrations', 'advisory', dialect);
  return {
    installation: folder,
    write: (name: string, sql: string) => {
      writeFileSync(join(place, name), sql);
    },
    read: (name: string) => readFileSync(join(place, name), 'utf8'),
    remove: (name: string) => {
      rmSync(join(place, name));
    },
    files: () => readdirSync(place),
  };
}

describe.each(TARGETS)('holdfast migrate on %s:', (_name, createTarget) => {
  it('up does it once, and has nothing to do after that', async () => {
    const target = await createTarget();
    const first = await migrate(target, ['up']);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(first.stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
      ...ALL_MIGRATIONS.map(({ store, migration }) => `${store} ${migration}`),
      '',
    ]);
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER);
    const tables = await target.tables();

    const second = await migrate(target, ['up']);
    expect(second).toMatchObject({ code: 0, stdout: 'Nothing to do.\n', stderr: '' });
    expect(await target.tables()).toEqual(tables);
  });

  it('up --json prints one document', async () => {
    const target = await createTarget();
    const first = await migrate(target, ['up', '--json']);
    expect(first.code).toBe(0);
    expect(documentOf(first)).toEqual({
      applied: ALL_MIGRATIONS.map((each) => ({ ...each, duration_ms: expect.any(Number) })),
    });
    const second = await migrate(target, ['up', '--json']);
    expect(second.code).toBe(0);
    expect(documentOf(second)).toEqual({ applied: [] });
  });

  it('the ledger keeps what the contract lists', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    const [row] = await target.query(
      `SELECT * FROM holdfast_migrations WHERE store = 'advisory' ORDER BY version`,
    );
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(row).toEqual({
      store: 'advisory',
      version: '0001',
      name: 'create_proposals',
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      applied_at: expect.anything(),
      duration_ms: expect.any(Number),
      applied_by: expect.stringMatching(/\S/),
      build: version,
      backward_compatible: target.dialect === 'sqlite' ? 0 : false,
    });
    const { applied_at } = row as { applied_at: string | Date };
    expect(Math.abs(Date.now() - new Date(applied_at).getTime())).toBeLessThan(600_000);
  });

  it('plan prints the SQL that up would run and changes nothing', async () => {
    const target = await createTarget();
    const files = ALL_MIGRATIONS.map(({ store, migration }) =>
      readFileSync(join('migrations', store, target.dialect, `${migration}.sql`), 'utf8'),
    );
    const { code, stdout, stderr } = await migrate(target, ['plan']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const sqlAlone = stdout.replaceAll(/^-- statement \d+: .*\n/gm, '');
    for (const sql of files) expect(sqlAlone).toContain(sql);
    expect(await target.tables()).toEqual([]);

    const json = await migrate(target, ['plan', '--json']);
    expect(documentOf(json)).toEqual({
      migrations: ALL_MIGRATIONS.map((each, index) => ({
        ...each,
        transactional: true,
        sql: files[index],
        statements: expect.any(Array),
      })),
    });
    expect(await target.tables()).toEqual([]);

    await migrate(target, ['up']);
    expect((await migrate(target, ['plan'])).stdout).toBe('-- Nothing to do.\n');
    expect(documentOf(await migrate(target, ['plan', '--json']))).toEqual({ migrations: [] });
  });

  it('status --json has the shape of /health/migrations, before and after', async () => {
    const target = await createTarget();
    const empty = { applied: 0, current: null, ahead: [], drifted: [] };
    const before = await migrate(target, ['status', '--json']);
    expect(before.code).toBe(0);
    expect(documentOf(before)).toEqual({
      status: 'pending',
      stores: {
        dpm: {
          ...empty,
          backend: target.backend,
          status: 'pending',
          expected: 3,
          pending: DPM_MIGRATIONS,
        },
        advisory: {
          ...empty,
          backend: target.backend,
          status: 'pending',
          expected: 3,
          pending: MIGRATIONS,
        },
      },
    });
    expect(await target.tables()).toEqual([]);

    await migrate(target, ['up']);
    const after = documentOf(await migrate(target, ['status', '--json'])) as {
      stores: { advisory: object };
    };
    expect(after).toEqual({
      status: 'head',
      stores: {
        dpm: {
          backend: target.backend,
          status: 'head',
          current: '0003_add_request_keys',
          applied: 3,
          expected: 3,
          pending: [],
          ahead: [],
          drifted: [],
        },
        advisory: {
          backend: target.backend,
          status: 'head',
          current: '0003_add_request_keys',
          applied: 3,
          expected: 3,
          pending: [],
          ahead: [],
          drifted: [],
        },
      },
    });
    expect(Object.keys(after)).toEqual(['status', 'stores']);
    expect(Object.keys(after.stores.advisory)).toEqual(STATUS_KEYS);
  });

  it('status names what is pending for a person', async () => {
    const target = await createTarget();
    const before = await migrate(target, ['status']);
    expect({ code: before.code, stderr: before.stderr }).toEqual({ code: 0, stderr: '' });
    for (const { migration } of ALL_MIGRATIONS) {
      expect(before.stdout).toMatch(new RegExp(`pending +${migration}`));
    }
    await migrate(target, ['up']);
    const { stdout } = await migrate(target, ['status']);
    expect(stdout).toContain('head');
    expect(stdout.match(/3 of 3/g)).toHaveLength(2);
    expect(stdout).not.toContain('pending');
  });

  it('--store keeps to one store', async () => {
    const target = await createTarget();
    const other = await migrate(target, ['up', '--store', 'dpm']);
    expect(other).toMatchObject({ code: 0, stderr: '' });
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER.filter(({ store }) => store === 'dpm'));
    expect(await target.tables()).toContain('dpm_runs');
    expect(await target.tables()).not.toContain('proposal_records');
    const status = await migrate(target, ['status', '--store', 'dpm', '--json']);
    expect(documentOf(status)).toMatchObject({ status: 'head' });
    expect(Object.keys((documentOf(status) as { stores: object }).stores)).toEqual(['dpm']);
    const plan = await migrate(target, ['plan', '--store', 'advisory', '--json']);
    expect((documentOf(plan) as { migrations: object[] }).migrations).toHaveLength(3);
    expect(await migrate(target, ['up', '--store', 'advisory'])).toMatchObject({ code: 0 });
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER);
  });

  it.each(['nothing', 'policy_packs', ''])('--store %j is wrong usage', async (store) => {
    const target = await createTarget();
    for (const command of ['up', 'status', 'plan']) {
      const { code, stdout, stderr } = await migrate(target, [command, '--store', store]);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toContain('USAGE');
    }
    expect(await target.tables()).toEqual([]);
  });

  it('eight at once on an empty database all end well, and each migration runs once', async () => {
    const target = await createTarget();
    const all = await Promise.all(
      Array.from({ length: 8 }, () => migrate(target, ['up', '--json'])),
    );
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      all.map(() => ({ code: 0, stderr: '' })),
    );
    const applied = all.flatMap(
      (ended) => (documentOf(ended) as { applied: { migration: string }[] }).applied,
    );
    expect(applied.map(({ migration }) => migration).toSorted()).toEqual(
      ALL_MIGRATIONS.map(({ migration }) => migration).toSorted(),
    );
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER);
    expect((await migrate(target, ['status'])).stdout).toContain('3 of 3');
  });

  it('a migration that fails leaves nothing behind, and can be corrected', async () => {
    const target = await createTarget();
    const { write, installation: folder } = copy(target);
    write(
      '0004_break_things.sql',
      'CREATE TABLE half_done (id integer);\nINSERT INTO half_done VALUES (1);\nSELECT * FROM missing;\n',
    );
    const failed = await migrate(target, ['up'], { installation: folder });
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^MIGRATION_FAILED:advisory:0004$/m);
    expect(failed.stderr).toContain('missing');
    expect(await target.tables()).not.toContain('half_done');
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER);
    const json = await migrate(target, ['up', '--json'], { installation: folder });
    expect(json.code).toBe(1);
    expect(documentOf(json)).toMatchObject({ error: { code: 'MIGRATION_FAILED:advisory:0004' } });

    write('0004_break_things.sql', 'CREATE TABLE half_done (id integer);\n');
    const corrected = await migrate(target, ['up'], { installation: folder });
    expect(corrected).toMatchObject({ code: 0, stderr: '' });
    expect(await target.tables()).toContain('half_done');
    expect(await ledgerOf(target)).toHaveLength(WHOLE_LEDGER.length + 1);
  });

  it('line endings and a byte order mark do not change what a migration is', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    const { write, read, files, installation: folder } = copy(target);
    for (const file of files()) write(file, `\uFEFF${read(file).replaceAll('\n', '\r\n')}`);
    const options = { installation: folder };
    const status = await migrate(target, ['status', '--json'], options);
    expect(documentOf(status)).toMatchObject({ status: 'head' });
    expect(await migrate(target, ['up'], options)).toMatchObject({ stdout: 'Nothing to do.\n' });
  });

  it('an edited migration is told by status and refused by up and plan', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    const { write, read, installation: folder } = copy(target);
    write('0001_create_proposals.sql', `${read('0001_create_proposals.sql')}-- edited\n`);
    write('0004_add_more.sql', 'CREATE TABLE more (id integer);\n');
    const options = { installation: folder };
    const status = await migrate(target, ['status', '--json'], options);
    expect(status.code).toBe(1);
    expect(documentOf(status)).toMatchObject({
      status: 'drifted',
      stores: { advisory: { status: 'drifted', drifted: ['0001_create_proposals'] } },
    });
    for (const command of ['up', 'plan']) {
      const refused = await migrate(target, [command], options);
      expect(refused).toMatchObject({ code: 69, stdout: '' });
      expect(refused.stderr).toMatch(/^MIGRATION_CHECKSUM_MISMATCH:advisory:0001$/m);
    }
    expect(await target.tables()).not.toContain('more');
  });

  it('a schema that is newer is told by status and refused by up and plan', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    const { remove, installation: folder } = copy(target);
    remove('0002_add_workflow.sql');
    remove('0003_add_request_keys.sql');
    const options = { installation: folder };
    const status = await migrate(target, ['status', '--json'], options);
    expect(status.code).toBe(1);
    expect(documentOf(status)).toMatchObject({
      status: 'ahead',
      stores: { advisory: { ahead: MIGRATIONS.slice(1), applied: 3, expected: 1 } },
    });
    for (const command of ['up', 'plan']) {
      const refused = await migrate(target, [command], options);
      expect(refused).toMatchObject({ code: 69, stdout: '' });
      expect(refused.stderr).toMatch(/^SCHEMA_NEWER_THAN_BUILD$/m);
    }
  });

  it('a migration that comes before one that is applied is refused', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    await target.query(
      `DELETE FROM holdfast_migrations WHERE store = 'advisory' AND version = '0001'`,
    );
    const up = await migrate(target, ['up']);
    expect(up).toMatchObject({ code: 1, stdout: '' });
    expect(up.stderr).toMatch(/^MIGRATION_OUT_OF_ORDER:advisory:0001$/m);
    const status = await migrate(target, ['status', '--json']);
    expect(status.code).toBe(1);
    expect(documentOf(status)).toMatchObject({
      status: 'drifted',
      stores: {
        advisory: { status: 'drifted', drifted: [], out_of_order: ['0001_create_proposals'] },
        dpm: { status: 'head' },
      },
    });
    expect((await migrate(target, ['status'])).stdout).toContain(
      '  late     0001_create_proposals: comes before 0003_add_request_keys, which is already applied\n',
    );
  });

  it.each([
    ['migrations', ''],
    ['those of a store', 'advisory'],
  ])('a build without %s is at head nowhere: every command refuses', async (_what, part) => {
    const target = await createTarget();
    const { folder, remove } = installation();
    later(remove);
    rmSync(join(folder, 'migrations', part), { recursive: true });
    const options = { installation: folder };
    const baseline = ['baseline', '--store', 'advisory', '--to', '0001'];
    for (const args of [['up'], ['status'], ['plan'], baseline]) {
      const refused = await migrate(target, args, options);
      expect(refused).toMatchObject({ code: 78, stdout: '' });
      expect(refused.stderr).toMatch(/^MIGRATIONS_MISSING$/m);
      expect(refused.stderr).toMatch(/migrations\/\w+\/(postgres|sqlite) holds no migrations/);
    }
    const service = await execute('main.js', [], target.environment, options);
    expect(service.code).toBe(78);
    expect(jsonLines(service.stdout).map(({ code }) => code)).toEqual(['MIGRATIONS_MISSING']);
    expect(await target.tables()).toEqual([]);
  });

  it.each([
    ['a gap', '0005_add_more.sql', 'MIGRATION_OUT_OF_ORDER:advisory:0005'],
    ['a duplicate', '0002_add_more.sql', 'MIGRATION_OUT_OF_ORDER:advisory:0002'],
    ['a misnamed file', '3_add_more.sql', 'MIGRATION_OUT_OF_ORDER:advisory'],
    ['another misnamed file', '0004-add-more.sql', 'MIGRATION_OUT_OF_ORDER:advisory'],
  ])('%s among the files is refused', async (_what, file, expected) => {
    const target = await createTarget();
    const { write, installation: folder } = copy(target);
    write(file, 'CREATE TABLE more (id integer);\n');
    const options = { installation: folder };
    for (const command of ['up', 'status', 'plan']) {
      const { code, stdout, stderr } = await migrate(target, [command], options);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      // Of two with one number it is the second, by name, that is out of order.
      expect(stderr.split('\n', 1)).toEqual([expected]);
    }
    const service = await execute('main.js', [], target.environment, options);
    expect(service.code).toBe(1);
    expect(jsonLines(service.stdout).map(({ code }) => code)).toEqual([expected]);
    expect(await target.tables()).toEqual([]);
  });
});

describe('holdfast migrate on PostgreSQL:', () => {
  /** Another migrator, as far as the lock goes. */
  async function holder({ environment }: Target, store = 'advisory') {
    const url = environment.DATABASE_URL;
    const client = new pg.Client({
      ...(url !== undefined && { connectionString: url }),
      application_name: 'the-other-one',
    });
    await client.connect();
    let ended: Promise<void> | undefined;
    const letGo = () => (ended ??= client.end());
    later(letGo);
    const { rows } = await client.query<{ held: boolean; pid: number }>(
      `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held, pg_backend_pid() AS pid`,
      [`holdfast_migrations:${store}`],
    );
    expect(rows[0]?.held).toBe(true);
    return { pid: rows[0]?.pid ?? 0, letGo };
  }

  it('a lock that is not let go ends in MIGRATION_LOCK_TIMEOUT and names its holder', async () => {
    const target = await onPostgres();
    const { pid } = await holder(target);
    const environment = { ...target.environment, MIGRATION_LOCK_TIMEOUT: '1' };
    const { code, stdout, stderr } = await migrate({ environment }, ['up']);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(/^MIGRATION_LOCK_TIMEOUT$/m);
    expect(stderr).toMatch(new RegExp(`\\bpid ${pid}\\b`));
    expect(stderr).toContain('the-other-one');
    expect(stderr).toMatch(/\b\d+ s\b/);
    expect(await target.tables()).not.toContain('proposal_records');

    const json = documentOf(await migrate({ environment }, ['up', '--json']));
    expect(json).toMatchObject({ error: { code: 'MIGRATION_LOCK_TIMEOUT' } });
    expect(JSON.stringify(json)).toContain(`pid ${pid}`);
  });

  it('MIGRATE_ON_START waits for the lock no longer, and then the start fails', async () => {
    const target = await onPostgres();
    await holder(target);
    const environment = {
      ...target.environment,
      MIGRATION_LOCK_TIMEOUT: '1',
      MIGRATE_ON_START: 'true',
    };
    const { code, stdout } = await execute('main.js', [], environment);
    expect(code).toBe(69);
    expect(jsonLines(stdout).flatMap((line) => line.code ?? [])).toEqual([
      'MIGRATION_LOCK_TIMEOUT',
    ]);
  });

  it('the lock of one store does not hold another up', async () => {
    const target = await onPostgres();
    await holder(target, 'dpm');
    const environment = { ...target.environment, MIGRATION_LOCK_TIMEOUT: '1' };
    const up = await migrate({ environment }, ['up', '--store', 'advisory']);
    expect(up).toMatchObject({ code: 0, stderr: '' });
  });

  it('a lock that is let go meanwhile is taken', async () => {
    const target = await onPostgres();
    const { letGo } = await holder(target);
    const up = migrate(target, ['up']);
    const waiting = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'holdfast migrate'`;
    await eventually(async () => {
      expect(await target.query(waiting)).toHaveLength(1);
    });
    expect(await target.tables()).not.toContain('proposal_records');
    await letGo();
    expect(await up).toMatchObject({ code: 0, stderr: '' });
    expect(await ledgerOf(target)).toEqual(WHOLE_LEDGER);
  });

  it('status and plan do not wait for the lock', async () => {
    const target = await onPostgres();
    await holder(target);
    expect(await migrate(target, ['status'])).toMatchObject({ code: 0 });
    expect(await migrate(target, ['plan'])).toMatchObject({ code: 0 });
  });

  it('a migration without a transaction can do what no transaction can', async () => {
    const target = await onPostgres();
    const { write, installation: folder } = copy(target);
    const sql = 'CREATE INDEX CONCURRENTLY proposals_by_title ON proposal_records (title);\n';
    write('0004_index_titles.sql', `-- holdfast: no-transaction\n${sql}`);
    const options = { installation: folder };
    const plan = documentOf(await migrate(target, ['plan', '--json'], options));
    expect((plan as { migrations: object[] }).migrations.at(-1)).toMatchObject({
      migration: '0004_index_titles',
      transactional: false,
    });
    expect(await migrate(target, ['up'], options)).toMatchObject({ code: 0, stderr: '' });
    expect(
      await target.query(
        `SELECT indisvalid FROM pg_index WHERE indexrelid = 'proposals_by_title'::regclass`,
      ),
    ).toEqual([{ indisvalid: true }]);

    write('0005_index_creators.sql', sql.replaceAll('title', 'creator'));
    const inTransaction = await migrate(target, ['up'], options);
    expect(inTransaction.code).toBe(1);
    expect(inTransaction.stderr).toMatch(/^MIGRATION_INVALID:advisory:0005$/m);
  });

  it.each(['up', 'status', 'plan'])('%s ends with 69 when the server is down', async (command) => {
    const url = `postgresql://app:some-password@127.0.0.1:${await freePort()}/holdfast`;
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: url };
    const text = await migrate({ environment }, [command]);
    expect(text).toMatchObject({ code: 69, stdout: '' });
    expect(text.stderr).toMatch(/^POSTGRES_UNREACHABLE$/m);
    const json = await migrate({ environment }, [command, '--json']);
    expect(json.code).toBe(69);
    expect(documentOf(json)).toEqual({
      error: {
        code: 'POSTGRES_UNREACHABLE',
        message: expect.stringMatching(/\S/),
        fix: expect.stringMatching(/\S/),
      },
    });
    const printed = [text.stdout, text.stderr, json.stdout, json.stderr].join();
    expect(printed).not.toContain('some-password');
  });
});

describe('holdfast', () => {
  it.each([
    [[]],
    [['nothing']],
    [['migrate']],
    [['migrate', 'down']],
    [['migrate', 'up', '--force']],
    [['migrate', 'up', 'advisory']],
    [['migrate', 'up', '--store']],
    [['--nothing']],
  ])('%j is wrong usage: 64, before anything is configured or opened', async (args) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await execute('cli.js', args, { PORT: 'wrong' }, { cwd });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/--help|Usage/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.each([
    [['--help']],
    [['migrate', '--help']],
    [['migrate', 'up', '--help']],
    [['migrate', 'status', '--help']],
    [['migrate', 'plan', '-h']],
  ])('%j is help: 0, whatever the configuration', async (args) => {
    const { code, stdout, stderr } = await execute('cli.js', args, { PORT: 'wrong' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: holdfast/);
  });

  it('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const { code, stdout } = await execute('cli.js', ['--version'], {});
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
  });
});
