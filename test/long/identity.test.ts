import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { documentOf, migrate } from '../support/migrate.js';
import { createDatabase, testServer } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines, start } from '../support/program.js';

const { later } = cleanup();

interface Shown {
  readonly databases: readonly {
    readonly status: string;
    readonly pinned: { readonly environment: string | null } | null;
    readonly differences: readonly string[];
  }[];
}

/** A migrated database, and the environment of a PRODUCTION process that is named. */
async function migrated() {
  const database = await createDatabase();
  later(() => database.drop());
  const environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'blue',
    DATABASE_URL: database.url,
    SHUTDOWN_DRAIN_MS: '0',
    HOST: '127.0.0.1',
  };
  expect((await migrate({ environment }, ['up'])).code).toBe(0);
  return { database, environment };
}

/** Until the service listens, or has ended by itself. */
async function startOnce(environment: Environment) {
  const { process, ended } = start('main.js', [], environment);
  process.stdout?.on('data', (chunk: string) => {
    if (chunk.includes('"listening"')) process.kill('SIGTERM');
  });
  const { code, stdout } = await ended;
  const lines = jsonLines(stdout);
  return {
    code,
    refusal: lines.find(({ event }) => event === 'startup.failed'),
    told: lines.flatMap(({ event }) => (event?.startsWith('identity.') ? [event] : [])),
  };
}

async function identity(environment: Environment, ...args: readonly string[]) {
  const ended = await execute('cli.js', ['identity', ...args, '--json'], environment);
  return { ...ended, document: documentOf(ended) as Shown };
}

describe('the identity of a database', () => {
  it('is pinned by the first PRODUCTION start, until another one is accepted', async () => {
    const { environment } = await migrated();
    const before = await identity(environment, 'show');
    expect(before.document.databases).toMatchObject([{ status: 'unpinned', pinned: null }]);
    const first = await execute('cli.js', ['check', '--connect', '--json'], environment);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('DATABASE_IDENTITY_UNPINNED');
    const local = await startOnce({ ...environment, APP_PERSISTENCE_PROFILE: 'LOCAL' });
    expect(local).toEqual({ code: 0, refusal: undefined, told: [] });

    const unnamed = await startOnce({ ...environment, APP_ENV: '' });
    expect(unnamed).toMatchObject({ code: 0, told: ['identity.pinned'] });
    expect((await startOnce(environment)).told).toEqual(['identity.pinned']);
    expect(await startOnce(environment)).toEqual({ code: 0, refusal: undefined, told: [] });

    const other = { ...environment, APP_ENV: 'green' };
    const refused = await startOnce(other);
    expect(refused.code).toBe(78);
    expect(refused.refusal).toMatchObject({
      code: 'DATABASE_IDENTITY_MISMATCH',
      message: expect.stringContaining('pinned to the environment blue'),
    });
    const checked = await execute('cli.js', ['check', '--connect', '--json'], other);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('DATABASE_IDENTITY_MISMATCH');
    const shown = await identity(other);
    expect(shown.code).toBe(1);
    expect(shown.document.databases).toMatchObject([{ status: 'mismatch' }]);

    const purged = await execute('cli.js', ['purge'], other);
    expect(purged.code).toBe(78);
    expect(purged.stderr).toContain('DATABASE_IDENTITY_MISMATCH');

    const notLocal = await identity({ ...other, APP_PERSISTENCE_PROFILE: 'LOCAL' }, 'accept');
    expect(notLocal.code).toBe(64);
    const accepted = await identity(other, 'accept');
    expect(accepted.code).toBe(0);
    expect(accepted.document.databases).toMatchObject([
      { status: 'match', pinned: { environment: 'green' } },
    ]);
    expect((await startOnce(other)).code).toBe(0);
    expect((await startOnce(environment)).code).toBe(78);
  });

  it('tells a clone, and what was restored into another cluster', async () => {
    const { database, environment } = await migrated();
    expect((await startOnce(environment)).told).toEqual(['identity.pinned']);
    const template = new URL(database.url).pathname.slice(1);
    const clone = await createDatabase(testServer(), `TEMPLATE ${template}`);
    later(() => clone.drop());
    const cloned = await startOnce({ ...environment, DATABASE_URL: clone.url });
    expect(cloned.code).toBe(78);
    expect(cloned.refusal?.message).toContain('another database of the cluster');

    // As a dump of a database in another cluster would have it.
    await database.query(`UPDATE holdfast_identity SET cluster = '6000000000000000000'`);
    const restored = await startOnce({ ...environment, MIGRATE_ON_START: 'true' });
    expect(restored.code).toBe(78);
    expect(restored.refusal?.message).toContain('in another cluster');
    expect((await startOnce({ ...environment, APP_PERSISTENCE_PROFILE: 'LOCAL' })).code).toBe(0);
  });

  it('is not known of a database of an older build until it is migrated, which is told', async () => {
    const { database, environment } = await migrated();
    await database.query('DROP TABLE holdfast_identity');
    expect(await startOnce(environment)).toMatchObject({ code: 0, told: ['identity.unpinned'] });
    expect((await identity(environment)).document.databases).toMatchObject([{ status: 'unknown' }]);
    expect((await migrate({ environment }, ['up'])).code).toBe(0);
    expect((await startOnce(environment)).told).toEqual(['identity.pinned']);
  });

  it.each([
    ['the table', 'ALL'],
    ['writing it', 'INSERT, UPDATE'],
  ])('is not pinned by a role without rights on %s, which is told', async (_, rights) => {
    const { database, environment } = await migrated();
    const role = new URL(database.url).pathname.slice(1);
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'ordinary'`);
    later(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
    await database.query(
      `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
       REVOKE ${rights} ON holdfast_identity FROM ${role}`,
    );
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'ordinary'];
    const ordinary = { ...environment, DATABASE_URL: url.href };
    expect(await startOnce(ordinary)).toMatchObject({ code: 0, told: ['identity.unpinned'] });
    // An ordinary role may call pg_control_system().
    await database.query(`GRANT ALL ON holdfast_identity TO ${role}`);
    expect(await startOnce(ordinary)).toMatchObject({ code: 0, told: ['identity.pinned'] });
  });
});
