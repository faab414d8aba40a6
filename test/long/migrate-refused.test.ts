import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import {
  catalogue,
  connected,
  migratedDatabase,
  type OwnMigrations,
  ownMigrations,
} from '../support/migrations.js';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import type { Environment } from '../support/program.js';

const { later } = cleanup();

const CREATE = 'CREATE TABLE accounts (id integer PRIMARY KEY);\n';
const OWNER = 'ALTER TABLE accounts ADD COLUMN owner text;\n';
const BALANCE = 'ALTER TABLE accounts ADD COLUMN balance bigint;\n';

interface Place {
  readonly database: TestDatabase;
  readonly own: OwnMigrations;
}

interface Refusal {
  readonly code: string;
  readonly exit: number;
  /** Whether 0001 and 0002 have been applied before. */
  readonly migrated: boolean;
  /** What is set for the run. */
  readonly changed?: Environment;
  readonly prepare: (place: Place) => unknown;
}

const DEFERRED = `CREATE TABLE entries (account integer REFERENCES accounts DEFERRABLE INITIALLY DEFERRED);
INSERT INTO entries VALUES (99);
`;
const HOLD = `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'a file that was edited': {
    code: 'MIGRATION_CHECKSUM_MISMATCH:advisory:0001',
    exit: 69,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0001_create_accounts.sql', `${CREATE}-- edited\n`);
      own.write('0003_add_balance.sql', BALANCE);
    },
  },
  'a migration before one that is applied': {
    code: 'MIGRATION_OUT_OF_ORDER:advisory:0001',
    exit: 1,
    migrated: true,
    prepare: async ({ database }) => {
      await database.query(`DELETE FROM holdfast_migrations WHERE version = '0001'`);
    },
  },
  'a gap between the files': {
    code: 'MIGRATION_OUT_OF_ORDER:advisory:0004',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0004_add_balance.sql', BALANCE);
    },
  },
  'a schema that is newer': {
    code: 'SCHEMA_NEWER_THAN_BUILD',
    exit: 69,
    migrated: true,
    prepare: ({ own }) => {
      own.remove('0002_add_owner.sql');
    },
  },
  'a fault in the second of two, after the first has been read': {
    code: 'MIGRATION_INVALID:advisory:0002',
    exit: 1,
    migrated: false,
    prepare: ({ own }) => {
      own.write('0002_add_owner.sql', 'ALTER TABLE accounts ADD COLUM owner text;\n');
    },
  },
  'a fault in the last of those that are pending': {
    code: 'MIGRATION_INVALID:advisory:0004',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0003_add_balance.sql', BALANCE);
      own.write('0004_break_things.sql', 'CREATE INDEX CONCURRENTLY broken ON accounts (owner);\n');
    },
  },
  'a statement that fails, before others that would not': {
    code: 'MIGRATION_FAILED:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0003_break_things.sql', 'SELECT 1 / 0;\nCREATE TABLE more (id integer);\n');
      own.write('0004_add_balance.sql', BALANCE);
    },
  },
  'a constraint that is checked by the commit': {
    code: 'MIGRATION_FAILED:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0003_break_things.sql', DEFERRED);
      own.write('0004_add_balance.sql', BALANCE);
    },
  },
  'rows that are to be read from the client': {
    code: 'MIGRATION_INVALID:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write(
        '0003_copy_accounts.sql',
        'CREATE TABLE more (id integer);\nCOPY more FROM STDIN;\nCREATE TABLE still_more (id integer);\n',
      );
    },
  },
  'a search_path without a schema': {
    code: 'POSTGRES_SCHEMA_MISSING',
    exit: 69,
    migrated: false,
    prepare: async ({ database }) => {
      await database.query('DROP SCHEMA public');
    },
  },
  'a file that is not UTF-8': {
    code: 'MIGRATION_INVALID:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0003_add_balance.sql', Buffer.from(`${BALANCE}-- caf\u00e9\n`, 'latin1'));
    },
  },
  'a zero byte, behind which the server would read nothing': {
    code: 'MIGRATION_INVALID:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write('0003_add_balance.sql', `${BALANCE}\0CREATE TABLE more (id integer);\n`);
    },
  },
  'an index that nobody would find again when its build is cut short': {
    code: 'MIGRATION_INVALID:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: ({ own }) => {
      own.write(
        '0003_index_owners.sql',
        '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY ON accounts (owner);\n',
      );
    },
  },
  'an index of the same name but of another column': {
    code: 'MIGRATION_FAILED:advisory:0003',
    exit: 1,
    migrated: true,
    prepare: async ({ database, own }) => {
      await database.query('CREATE INDEX by_owner ON accounts (id)');
      own.write(
        '0003_index_owners.sql',
        '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY by_owner ON accounts (owner);\n',
      );
    },
  },
  'another migrator on an empty database': {
    code: 'MIGRATION_LOCK_TIMEOUT',
    exit: 69,
    migrated: false,
    changed: { MIGRATION_LOCK_TIMEOUT: '1' },
    prepare: async ({ database }) => {
      const holder = await connected(later, database.url);
      await holder.query(HOLD);
    },
  },
  'somebody else who makes the ledger, and does not end': {
    code: 'MIGRATION_LOCK_TIMEOUT',
    exit: 69,
    migrated: false,
    changed: { MIGRATION_LOCK_TIMEOUT: '1' },
    prepare: async ({ database }) => {
      const other = await connected(later, database.url);
      await other.query(`SELECT pg_advisory_lock(hashtextextended('holdfast_ledger', 0))`);
    },
  },
  'a table that stays in use': {
    code: 'MIGRATION_LOCK_TIMEOUT',
    exit: 69,
    migrated: true,
    changed: { MIGRATION_LOCK_TIMEOUT: '1' },
    prepare: async ({ database, own }) => {
      own.write('0003_add_balance.sql', `CREATE TABLE balances (id integer);\n${BALANCE}`);
      const reader = await connected(later, database.url);
      await reader.query('BEGIN; SELECT count(*) FROM accounts');
    },
  },
};

it.each(Object.entries(REFUSALS))(
  '%s: refused, and nothing is left in the database',
  async (_name, { code, exit, migrated, changed, prepare }) => {
    const { database, environment } = await migratedDatabase(later);
    const own = ownMigrations(later, {
      '0001_create_accounts.sql': CREATE,
      '0002_add_owner.sql': OWNER,
    });
    if (migrated) expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0 });
    await prepare({ database, own });
    const before = await catalogue(database);
    const refused = await own.migrate(['up'], { ...environment, ...changed });
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: exit, stdout: '' });
    expect(refused.stderr.split('\n')).toContain(code);
    expect(await catalogue(database)).toEqual(before);
  },
);

it('another database behind MIGRATION_DATABASE_URL: refused, and nothing is left in either', async () => {
  const { database, environment } = await migratedDatabase(later);
  const { database: other } = await migratedDatabase(later);
  const own = ownMigrations(later, { '0001_create_accounts.sql': CREATE });
  const before = await catalogue(database);
  const both = { ...environment, MIGRATION_DATABASE_URL: other.url };
  const refused = await own.migrate(['up'], both);
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 78, stdout: '' });
  expect(refused.stderr).toMatch(/^MIGRATION_DATABASE_DIFFERS$/m);
  expect(await catalogue(database)).toEqual(before);
  expect(await catalogue(other)).toEqual(before);
});
