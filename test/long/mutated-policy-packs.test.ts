import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLog } from '@holdfast/core/log';
import { ReasonError } from '@holdfast/core/reasons';
import { silentReporter } from '@holdfast/migrate/migration-session';
import { migrateUp } from '@holdfast/migrate/migrator';
import { readRecordedStatements } from '@holdfast/migrate/recorded-statements';
import { migratedStoresOf } from '@holdfast/migrate/service';
import { connectDataSource, prepareDatabase } from '@holdfast/postgres/database/open-database';
import { openMigrated, settingsFor } from '@holdfast/testing/migrated-database';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { service } from '../../src/service.js';
import { SqlPolicyPackRepository } from '../../src/stores/policy-packs/policy-pack.repository.sql.js';
import { createPack, replacePack } from '../../src/stores/policy-packs/policy-pack.js';
import { FULL, NOON } from '../contract/policy-packs/policy-pack.changes.js';

/** A migration of the store, and what a newer build writes in the middle of the work. */
const MUTANTS: Readonly<Record<string, readonly [sql: string, newer?: string]>> = {
  'a column more': ['ALTER TABLE policy_packs ADD COLUMN remark text'],
  'a required column more': ['ALTER TABLE policy_packs ADD COLUMN remark text NOT NULL'],
  'a column less': ['ALTER TABLE policy_packs DROP COLUMN version'],
  'a column of another name': ['ALTER TABLE policy_packs RENAME COLUMN target_id TO target'],
  'a check of what is written': ['ALTER TABLE policy_packs ADD CHECK (revision < 2)'],
  'a unique key more': ['CREATE UNIQUE INDEX ON policy_packs (version)'],
  'a unique key less': ['DROP INDEX policy_packs_by_target'],
  'a unique key that includes another': [
    'CREATE UNIQUE INDEX ON policy_packs (version, policy_pack_id)',
  ],
  'an index less': ['DROP INDEX policy_packs_by_created'],
  'documents in another form': ['ALTER TABLE policy_packs ALTER COLUMN definition TYPE jsonb'],
  'numbers of another width': ['ALTER TABLE policy_packs ALTER COLUMN revision TYPE bigint'],
  'times of whole seconds': [
    'ALTER TABLE policy_packs ALTER COLUMN updated_at TYPE timestamptz(0)',
  ],
  'a table that keeps packs': [
    'CREATE TABLE pack_notes (pack text COLLATE "C" REFERENCES policy_packs)',
    `INSERT INTO pack_notes VALUES ('b')`,
  ],
  'a table that goes with packs': [
    'CREATE TABLE pack_notes (pack text COLLATE "C" REFERENCES policy_packs ON DELETE CASCADE)',
    `INSERT INTO pack_notes VALUES ('b')`,
  ],
};

const LATER = '2026-11-21T12:00:00.123Z';

const ENVIRONMENT = { DPM_POLICY_PACKS_ENABLED: 'true', DB_TYPE: 'postgresql' };

let template: TestDatabase;
let undisturbed: string;

async function copied<T>(use: (copy: TestDatabase) => Promise<T>): Promise<T> {
  const { pathname } = new URL(template.url);
  const server = new URL('/postgres', template.url);
  const copy = await createDatabase(server.href, `TEMPLATE ${pathname.slice(1)}`);
  try {
    return await use(copy);
  } finally {
    await copy.drop();
  }
}

const settingsOf = ({ url }: TestDatabase) =>
  settingsFor(service, { ...ENVIRONMENT, DATABASE_URL: url });

/** Through the store's own repository. @returns all that it has answered */
async function work(packs: SqlPolicyPackRepository, meanwhile: () => Promise<unknown>) {
  const pack = (id: string, targetId: string | null, version = '1') => {
    const appliesTo = targetId === null ? ('DEFAULT' as const) : ('PORTFOLIO' as const);
    const content = { appliesTo, targetId, version, definition: FULL };
    return createPack(id, content, { at: NOON, nonce: id });
  };
  const given: unknown[] = [];
  const tell = async (answer: Promise<unknown>) => {
    const said = await answer.catch((error: unknown) => String((error as { code?: string }).code));
    given.push(said);
  };
  const [a, b, c] = [pack('a', 'one'), pack('b', 'two'), pack('c', null)];
  const next = replacePack(a, { ...a, version: '2' }, { at: LATER, nonce: 'next' });
  for (const each of [a, b, c, pack('d', 'one'), pack('a', 'three')])
    await tell(packs.create(each));
  await tell(packs.replace(next, a.entityTag));
  await tell(packs.replace({ ...next, targetId: 'two' }, next.entityTag));
  await meanwhile();
  await tell(packs.find('a'));
  await tell(packs.list({}, 10));
  await tell(packs.list({ appliesTo: 'PORTFOLIO', targetId: 'two', createdFrom: NOON }, 10));
  // In any order.
  const applicable = packs.applicable('one', null);
  await tell(
    applicable.then((all) =>
      all.toSorted((one, other) => (one.policyPackId < other.policyPackId ? -1 : 1)),
    ),
  );
  await tell(packs.remove('b', b.entityTag));
  await tell(packs.list({}, 10, { createdAt: NOON, id: 'b' }));
  return JSON.stringify(given);
}

const workOn = (sql: string, newer = '') =>
  copied(async (copy) => {
    await copy.query(sql);
    const settings = settingsOf(copy);
    const [first] = settings.databases;
    if (!first) throw new Error('there is no database');
    const log = await createLog({ format: 'json', level: 'silent' });
    const { options, wrap } = await prepareDatabase(first, settings, log);
    const dataSource = await connectDataSource(options, first);
    try {
      const packs = new SqlPolicyPackRepository(wrap(dataSource));
      return await work(packs, () => copy.query(newer));
    } finally {
      await dataSource.destroy();
    }
  });

/** @returns the message, or undefined for a migration that is applied */
const refusalOf = (sql: string) =>
  copied(async (copy) => {
    const settings = settingsOf(copy);
    const [first] = settings.databases;
    if (!first) throw new Error('there is no database');
    const stores = migratedStoresOf(service, settings.stores).map((store) => {
      const [last] = store.migrations.slice(-1);
      if (store.store !== 'policy_packs' || !last) return store;
      const next = { ...last, version: '0002', name: 'next', sql, backwardCompatible: true };
      return { ...store, migrations: [...store.migrations, next] };
    });
    const by = { appliedBy: 'a test', build: '0.0.0' };
    try {
      await migrateUp(first, stores, settings, by, { ...silentReporter, applied: () => undefined });
      return undefined;
    } catch (error) {
      if (!(error instanceof ReasonError)) throw error;
      expect(error.code).toBe('MIGRATION_NOT_COMPATIBLE:policy_packs:0002');
      return error.message;
    }
  });

beforeAll(async () => {
  template = await createDatabase();
  const environment = { ...ENVIRONMENT, DATABASE_URL: template.url };
  await (await openMigrated(service, environment)).close();
  for (const { name } of service.stores) {
    const { digest, texts } = readRecordedStatements(service.migrations, name) ?? {};
    await template.query(
      `WITH build AS (INSERT INTO holdfast_builds (store, digest, statements) VALUES ($1, $2, $3))
       INSERT INTO holdfast_running (process, store, digest, build, seen_at)
       VALUES ('one', $1, $2, '1.0.0', now() + interval '1 day')`,
      [name, digest, JSON.stringify(texts)],
    );
  }
  undisturbed = await workOn('');
});

afterAll(() => template.drop());

const broken: string[] = [];

it.each(Object.entries(MUTANTS))(
  'policy packs with %s: refused if the store cannot go on with it, and only then',
  async (name, [sql, newer]) => {
    const isBroken = (await workOn(sql, newer)) !== undisturbed;
    const refusal = await refusalOf(sql);
    if (isBroken) broken.push(name);
    expect({ isRefused: refusal !== undefined, refusal }).toEqual({ isRefused: isBroken, refusal });
  },
);

it('some break it, and some do not', () => {
  expect(broken.length).toBeGreaterThan(5);
  expect(Object.keys(MUTANTS).length - broken.length).toBeGreaterThan(3);
});
