import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { registeredStores } from '../../src/stores/registry.js';
import { KEYED_WRITES } from '../support/keyed-writes.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

/** A request that is ready to be sent, on what was made for it. */
interface Ready {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
  /** Nothing is there under the path. */
  readonly isNew?: true;
}

/** All rows of each table, as text. */
type Contents = Readonly<Record<string, string>>;

/** A database whose tables can be made to drop rows without a word. */
interface Swallowing {
  readonly contents: () => Promise<Contents>;
  /** @param event INSERT, UPDATE or DELETE @returns what undoes it */
  readonly swallow: (table: string, event: string) => Promise<() => Promise<void>>;
}

/** Those that requests write to. */
const needs = registeredStores
  .map(({ needs }) => needs)
  .flatMap((store) => Object.entries(store))
  .filter(([name]) => name !== 'dpm_leases');
const tables = needs.map(([name]) => name);
/** Requests update and delete rows of these alone. */
const UPDATED = [
  'dpm_runs',
  'dpm_run_idempotency',
  'dpm_async_operations',
  'proposal_records',
  'policy_packs',
];
const cases = needs.flatMap(([table, { rights }]) => [
  ...(rights.includes('INSERT') ? [['INSERT', table] as const] : []),
  ...(UPDATED.includes(table) ? [['UPDATE', table] as const] : []),
  ...(table === 'policy_packs' ? [['DELETE', table] as const] : []),
]);

/** On PostgreSQL by what a table has, a trigger or a rule. */
async function onPostgres(database: TestDatabase): Promise<Swallowing> {
  await database.query(
    'CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  );
  return {
    contents: async () => {
      const rows = await database.query<{ name: string; rows: string }>(
        tables
          .map(
            (table) =>
              `SELECT '${table}' AS name, coalesce(string_agg(t::text, ';' ORDER BY t::text), '') AS rows FROM ${table} t`,
          )
          .join(' UNION ALL '),
      );
      return Object.fromEntries(rows.map(({ name, rows: all }) => [name, all]));
    },
    swallow: async (table, event) => {
      await database.query(
        `CREATE TRIGGER swallow BEFORE ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION swallow()`,
      );
      return async () => {
        await database.query(`DROP TRIGGER swallow ON ${table}`);
      };
    },
  };
}

function onSqlite(path: string): Swallowing {
  const connection = new Sqlite(path);
  return {
    contents: () =>
      Promise.resolve(
        Object.fromEntries(
          tables.map((table) => [
            table,
            JSON.stringify(connection.prepare(`SELECT * FROM ${table}`).all()),
          ]),
        ),
      ),
    swallow: (table, event) => {
      connection.exec(
        `CREATE TRIGGER swallow BEFORE ${event} ON ${table} BEGIN SELECT RAISE(IGNORE); END`,
      );
      return Promise.resolve(async () => {
        await Promise.resolve();
        connection.exec('DROP TRIGGER swallow');
      });
    },
  };
}

async function send(service: Service, { method, path, body, key, isNew }: Omit<Ready, 'name'>) {
  const response = await fetch(service.url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(/PUT|DELETE/.test(method) && !isNew && { 'if-match': '*' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

const aPack = () => ({
  version: randomUUID(),
  applies_to: 'PORTFOLIO',
  target_id: randomUUID(),
  definition: {},
});

/** Every kind of write once, with a key and without where it takes one. */
async function everyWrite(service: Service): Promise<readonly Ready[]> {
  const prepare = async (path: string, body: object) => {
    const { text } = await send(service, { method: 'POST', path, body, key: randomUUID() });
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const posts: Ready[] = [];
  for (const [name, make] of Object.entries(KEYED_WRITES)) {
    for (const key of [undefined, randomUUID()]) {
      if (key === undefined && name === '/rebalance/proposals') continue;
      const { path, body } = await make(prepare);
      const how = key === undefined ? 'POST' : 'POST with a key';
      posts.push({
        name: `${how} ${name}`,
        method: 'POST',
        path,
        ...(body && { body }),
        ...(key && { key }),
      });
    }
  }
  const run = await KEYED_WRITES['/rebalance/runs']?.(prepare);
  const again = {
    method: 'POST',
    path: '/rebalance/runs',
    key: randomUUID(),
    body: run?.body ?? {},
  };
  await send(service, again);
  const paths = ['new', 'old', 'gone'].map(
    (name) => `/rebalance/policies/catalog/${name}-${randomUUID()}`,
  );
  const [fresh = '', old = '', gone = ''] = paths;
  for (const path of [old, gone])
    await send(service, { method: 'PUT', path, body: aPack(), isNew: true });
  return [
    ...posts,
    { name: 'POST a run again', ...again },
    { name: 'PUT a new pack', method: 'PUT', path: fresh, body: aPack(), isNew: true },
    { name: 'PUT an old pack', method: 'PUT', path: old, body: aPack() },
    { name: 'DELETE a pack', method: 'DELETE', path: gone },
  ];
}

const changed = (before: Contents, after: Contents) =>
  tables.filter((table) => before[table] !== after[table]);

const ENVIRONMENT = {
  HOST: '127.0.0.1',
  MIGRATE_ON_START: 'true',
  DPM_POLICY_PACKS_ENABLED: 'true',
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
  DPM_PURGE_INTERVAL_SECONDS: '0',
  // Readiness is about it elsewhere.
  DB_DURABILITY: 'warn',
};

describe.each(['PostgreSQL', 'SQLite'])(
  'rows that are dropped without a word, on %s',
  (dialect) => {
    let service: Service;
    let database: TestDatabase | undefined;
    let swallowing: Swallowing;
    /** What each kind of write changes where nothing is dropped. */
    const usual: Record<string, readonly string[]> = {};

    beforeAll(async () => {
      if (dialect === 'PostgreSQL') {
        database = await createDatabase();
        service = await startService({
          ...ENVIRONMENT,
          APP_PERSISTENCE_PROFILE: 'PRODUCTION',
          DATABASE_URL: database.url,
        });
        swallowing = await onPostgres(database);
      } else {
        const path = join(workingFolder(), 'swallowing.sqlite');
        service = await startService({
          ...ENVIRONMENT,
          APP_PERSISTENCE_PROFILE: 'LOCAL',
          DPM_POLICY_PACK_CATALOG_BACKEND: 'SQLITE',
          SQLITE_PATH: path,
        });
        swallowing = onSqlite(path);
      }
      for (const write of await everyWrite(service)) {
        const before = await swallowing.contents();
        const { status, text } = await send(service, write);
        expect({ write: write.name, status, text }).toMatchObject({ status: expect.any(Number) });
        expect(status).toBeLessThan(300);
        usual[write.name] = changed(before, await swallowing.contents());
        expect(usual[write.name]).not.toEqual([]);
      }
    }, 60_000);

    afterAll(async () => {
      await service.stop('SIGKILL');
      await database?.drop();
    });

    it.each(cases)(
      '%s of %s: nothing is acknowledged, and nothing is half stored',
      async (event, table) => {
        const writes = await everyWrite(service);
        const undo = await swallowing.swallow(table, event);
        const refused: string[] = [];
        for (const write of writes) {
          const before = await swallowing.contents();
          const { status, text } = await send(service, write);
          const found = changed(before, await swallowing.contents());
          const isStored = status < 300;
          expect({ write: write.name, status, found }).toEqual({
            write: write.name,
            status: isStored ? status : 503,
            found: isStored ? usual[write.name] : [],
          });
          if (isStored) continue;
          expect(text).toContain('WRITE_NOT_STORED');
          refused.push(write.name);
        }
        await undo();
        expect(refused).not.toEqual([]);
      },
    );
  },
);
