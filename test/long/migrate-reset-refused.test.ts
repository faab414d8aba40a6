import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanup } from '../support/cleanup.js';
import { migrate } from '../support/migrate.js';
import { connected } from '../support/migrations.js';
import { execute, installation, start } from '../support/program.js';
import { expectRefused, filled, leases, reset, resettable } from '../support/reset.js';

const cleaning = cleanup();
const { later } = cleaning;
const { onPostgres, onSqlite } = resettable(cleaning);

describe.each([
  ['PostgreSQL', onPostgres],
  ['SQLite', onSqlite],
])('holdfast migrate reset on %s is refused', (_, open) => {
  it('where a later build has migrated', async () => {
    const target = await filled(open);
    await target.exec(
      `INSERT INTO holdfast_migrations (store, version, name, checksum, duration_ms, applied_by, build)
       VALUES ('dpm', '0099', 'add_later', 'x', 1, 'x', 'x')`,
    );
    await expectRefused(target, [69, 'SCHEMA_NEWER_THAN_BUILD']);
  });

  it('where a table of others refers to one of them', async () => {
    const target = await filled(open);
    await target.exec('CREATE TABLE referring (lease text REFERENCES dpm_leases (name))');
    expect(await expectRefused(target, [1, 'MIGRATION_RESET_REFUSED'])).toContain('referring');
  });

  it.each([
    ['no SQL', 'CREATE TABL bad (id integer);'],
    ['the end of its transaction', 'CREATE TABLE bad (id integer); COMMIT;'],
  ])('where a migration that is not applied yet holds %s', async (__, sql) => {
    const target = await filled(open);
    const before = await target.everything();
    const own = installation();
    later(own.remove);
    // The last of the stores: those before it could be applied.
    const place = join(own.folder, 'migrations', 'policy_packs', target.dialect);
    writeFileSync(join(place, '0002_add_bad.sql'), `${sql}\n`);
    const options = { installation: own.folder };
    const refused = await migrate(target, ['reset', '--yes'], options);
    const kind = target.dialect === 'postgres' ? 'MIGRATION_INVALID' : 'MIGRATION_FAILED';
    expect([refused.code, refused.stdout, refused.stderr.split('\n', 1)]).toEqual([
      1,
      '',
      [`${kind}:policy_packs:0002`],
    ]);
    expect(refused.stderr).not.toContain('dropped');
    const unasked = await migrate(target, ['reset'], options);
    expect([unasked.code, unasked.stdout, unasked.stderr.split('\n', 1)]).toEqual([
      64,
      '',
      ['USAGE'],
    ]);
    expect(unasked.stderr).toContain('0002_add_bad');
    expect(await target.everything()).toEqual(before);
    expect(await leases(target)).toEqual([{ name: 'mine' }]);
  });
});

describe('holdfast migrate reset is refused', () => {
  it('under PRODUCTION', async () => {
    const target = await filled(onPostgres);
    const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
    const told = await expectRefused(target, [64, 'USAGE'], production);
    expect(told).toContain('this is PRODUCTION');
  });

  it('on a database that is pinned to PRODUCTION, whatever the environment says', async () => {
    const target = await filled(onPostgres);
    const production = { ...target.environment, APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
    const service = start('main.js', [], {
      ...production,
      HOST: '127.0.0.1',
      SHUTDOWN_DRAIN_MS: '0',
    });
    service.process.stdout?.on('data', (chunk: string) => {
      if (chunk.includes('"listening"')) service.process.kill('SIGTERM');
    });
    expect((await service.ended).code).toBe(0);
    const pinned = [78, 'DATABASE_IDENTITY_MISMATCH'] as const;
    for (const environment of [{}, { APP_ENV: 'local' }, { NODE_ENV: 'development' }]) {
      const told = await expectRefused(target, pinned, environment);
      expect(told).toContain('is pinned to PRODUCTION');
    }
    const unconfirmed = await reset(target, []);
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([
      78,
      expect.stringContaining('is pinned to PRODUCTION'),
    ]);
    const accepted = await execute('cli.js', ['identity', 'accept'], {
      ...production,
      APP_ENV: 'local',
    });
    expect(accepted.code).toBe(0);
    const told = await expectRefused(target, pinned, { APP_ENV: 'local' });
    expect(told).toContain('environment local');
  });

  it('while somebody uses a table, when the time is up', async () => {
    const target = await filled(onPostgres);
    const reader = await connected(later, target.environment.DATABASE_URL ?? '');
    await reader.query('BEGIN; SELECT 1 FROM policy_packs');
    const bounded = { MIGRATION_LOCK_TIMEOUT: '1' };
    const told = await expectRefused(target, [69, 'MIGRATION_LOCK_TIMEOUT'], bounded);
    expect(told).toContain('in use');
    await reader.query('ROLLBACK');
  });

  it('to a role that does not own the tables, and where a view depends on them', async () => {
    const target = await filled(onPostgres);
    const role = `no_owner_${process.pid}`;
    await target.exec(
      `CREATE ROLE ${role} LOGIN PASSWORD 'r'; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    later(() => target.exec(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const url = new URL(target.environment.DATABASE_URL ?? '');
    url.username = role;
    url.password = 'r';
    await expectRefused(target, [69, 'POSTGRES_RIGHTS_MISSING'], { DATABASE_URL: url.href });
    await target.exec('CREATE VIEW seen AS SELECT name FROM dpm_leases');
    expect(await expectRefused(target, [1, 'MIGRATION_RESET_REFUSED'])).toContain('view seen');
  });

  it('where migrators are led to another database than the stores', async () => {
    const [target, other] = [await filled(onPostgres), await filled(onPostgres)];
    const led = { MIGRATION_DATABASE_URL: other.environment.DATABASE_URL ?? '' };
    await expectRefused(target, [78, 'MIGRATION_DATABASE_DIFFERS'], led);
    expect(await leases(other)).toEqual([{ name: 'mine' }]);
  });

  it('on a file whose data has moved to PostgreSQL', async () => {
    const target = await filled(onSqlite);
    await target.exec('CREATE TABLE holdfast_retired (retired_at TEXT NOT NULL)');
    await expectRefused(target, [69, 'SQLITE_SOURCE_RETIRED']);
  });
});
