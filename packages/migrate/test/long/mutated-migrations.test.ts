import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { ReasonError } from '@holdfast/core/reasons';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { recordedStatements } from '../../src/recorded-statements.js';
import type { Migration } from '../../src/migration.js';
import { silentReporter } from '../../src/migration-session.js';
import { type MigratedStore, migrateUp } from '../../src/migrator.js';
import { poolSettings, postgresSettings } from '../../../../test/support/settings.js';
import { type Mutant, MUTANTS } from '../processes/compatible/mutants.js';
import { SCHEMA, STATEMENTS, work } from '../processes/compatible/tickets.js';

const app = `mutants_${randomBytes(4).toString('hex')}`;
const recorded = recordedStatements(Object.values(STATEMENTS));
const asApp = (sql: string) => sql.replaceAll(/\bapp\b/g, app);

let template: TestDatabase;
let undisturbed: readonly unknown[];

function migration(version: string, sql: string, backwardCompatible: boolean): Migration {
  const of = { store: 'tickets', version, name: 'change', checksum: version, transactional: true };
  return { ...of, sql, backwardCompatible };
}

const FIRST = migration('0001', SCHEMA, false);

async function up({ url }: TestDatabase, migrations: readonly Migration[]): Promise<void> {
  const store: MigratedStore = {
    store: 'tickets',
    backend: 'POSTGRES',
    database: 'primary',
    migrations,
    needs: {},
    recorded: () => recorded,
  };
  await migrateUp(
    postgresSettings(url),
    [store],
    { pool: poolSettings(), migrationLockTimeoutSeconds: 20, profile: 'LOCAL', environment: null },
    { appliedBy: 'a test', build: '0.0.0' },
    { ...silentReporter, applied: () => undefined },
  );
}

/** A copy of the database that the build runs on. */
async function copied<T>(use: (copy: TestDatabase) => Promise<T>): Promise<T> {
  const [{ name } = { name: '' }] = await template.query<{ name: string }>(
    'SELECT current_database() AS name',
  );
  const server = new URL(template.url);
  server.pathname = '/postgres';
  const copy = await createDatabase(server.href, `TEMPLATE ${name}`);
  try {
    return await use(copy);
  } finally {
    await copy.drop();
  }
}

/** Whether the migration is refused: what is asked. @returns the detail of the refusal */
const refusalOf = ({ sql }: Mutant, transactional = true) =>
  copied(async (copy) => {
    try {
      await up(copy, [FIRST, { ...migration('0002', asApp(sql), true), transactional }]);
      return undefined;
    } catch (error) {
      if (!(error instanceof ReasonError)) throw error;
      expect(error.code).toBe('MIGRATION_NOT_COMPATIBLE:tickets:0002');
      return error.message;
    }
  });

/** What the build is given with the schema of the migration: by doing what it does. */
const workOn = ({ sql, newer = '' }: Mutant) =>
  copied(async (copy) => {
    await copy.query(asApp(sql));
    const client = new pg.Client({ connectionString: copy.url });
    await client.connect();
    try {
      await client.query(`SET ROLE ${app}`);
      return await work(client, async () => {
        await copy.query(newer);
      });
    } finally {
      await client.end();
    }
  });

beforeAll(async () => {
  template = await createDatabase();
  await up(template, [FIRST]);
  await template.query(`CREATE ROLE ${app}`);
  await template.query(
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app}`,
  );
  await template.query(
    `INSERT INTO holdfast_builds (store, digest, statements) VALUES ('tickets', $1, $2)`,
    [recorded.digest, JSON.stringify(recorded.texts)],
  );
  // It says so again and again; here it goes on saying so.
  await template.query(
    `INSERT INTO holdfast_running (process, store, digest, build, role, seen_at)
     VALUES ('one', 'tickets', $1, '1.0.0', '${app}', now() + interval '1 day')`,
    [recorded.digest],
  );
  undisturbed = await workOn({ sql: '' });
});

afterAll(async () => {
  await template.query(`DROP OWNED BY ${app}`);
  await template.query(`DROP ROLE ${app}`);
  await template.drop();
});

it('what the build does succeeds, but for one comment to no ticket', () => {
  const codes = undisturbed.flatMap((given) => (given as { readonly code?: string }).code ?? []);
  expect(codes).toEqual(['23503']);
});

const broken: string[] = [];
const refused: string[] = [];

it.each(Object.entries(MUTANTS))(
  '%s: refused if the build cannot go on with it, and only then',
  async (name, mutant) => {
    const isBroken = JSON.stringify(await workOn(mutant)) !== JSON.stringify(undisturbed);
    const refusal = await refusalOf(mutant);
    if (isBroken) broken.push(name);
    if (refusal !== undefined) refused.push(name);
    expect({ isRefused: refusal !== undefined, refusal }).toEqual({ isRefused: isBroken, refusal });
  },
);

const UNNOTICED = [
  'ALTER TABLE comments SET SCHEMA pg_catalog',
  'DROP TABLE holdfast_write_probe',
  'DROP TABLE holdfast_write_probe; CREATE TABLE holdfast_write_probe (id integer)',
  'ALTER TABLE holdfast_migrations ADD COLUMN more text NOT NULL DEFAULT now()::text',
  'ALTER TABLE holdfast_identity RENAME TO identity',
  'ALTER TABLE holdfast_running DROP COLUMN role',
  'ALTER TABLE holdfast_builds SET SCHEMA pg_catalog',
];

it.each(UNNOTICED)('refused, though the statements themselves go on: %s', async (sql) => {
  expect(await refusalOf({ sql: `SET LOCAL allow_system_table_mods = on; ${sql}` })).toBeDefined();
});

it('a table that nobody can have used yet may compute what it wants', () =>
  copied(async (copy) => {
    await copy.query(
      `INSERT INTO holdfast_builds (store, digest, statements)
       VALUES ('tickets', 'newer', '["INSERT INTO plans (id) VALUES ($1)"]')`,
    );
    await copy.query(
      `INSERT INTO holdfast_running (process, store, digest, build, role, seen_at)
       VALUES ('two', 'tickets', 'newer', '2.0.0', '${app}', now() + interval '1 day')`,
    );
    const makes = 'CREATE TABLE plans (id text, size int GENERATED ALWAYS AS (id::int) STORED)';
    await up(copy, [FIRST, migration('0002', makes, true)]);
    expect(await copy.query('SELECT id FROM plans')).toEqual([]);
  }));

const WITHOUT_TRANSACTION = {
  'CREATE INDEX CONCURRENTLY by_note ON tickets (note)': false,
  'DROP INDEX CONCURRENTLY tickets_by_state': false,
  'REINDEX TABLE CONCURRENTLY tickets': false,
  'CREATE INDEX CONCURRENTLY by_title ON tickets (lower(title), note)': false,
  "CREATE INDEX CONCURRENTLY by_about ON comments ((about ->> 'writer'))": false,
  "CREATE INDEX CONCURRENTLY open ON tickets (note) WHERE state = 'open'": false,
  'CREATE INDEX CONCURRENTLY by_number ON comments ((body::int))': true,
  'CREATE INDEX CONCURRENTLY by_label ON comments (label(body))': true,
  'CREATE INDEX CONCURRENTLY by_id ON comments (id) WHERE body::int > 0': true,
  'CREATE UNIQUE INDEX CONCURRENTLY once ON tickets (title)': true,
  'DROP INDEX CONCURRENTLY tickets_by_owner': true,
};

it.each(Object.entries(WITHOUT_TRANSACTION))(
  'outside a transaction %s is judged before it is run',
  async (sql, isRefused) => {
    const refusal = await refusalOf({ sql }, false);
    expect(refusal !== undefined).toBe(isRefused);
    if (isRefused) expect(refusal).toContain('it could not be taken back');
  },
);

it('of both kinds there are many', () => {
  expect(refused).toEqual(broken);
  expect(broken.length).toBeGreaterThan(20);
  expect(Object.keys(MUTANTS).length - broken.length).toBeGreaterThan(20);
});
