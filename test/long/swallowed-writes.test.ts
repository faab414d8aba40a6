import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { registeredStores } from '../../src/stores/registry.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { eventually } from '../support/eventually.js';
import { type Service, startService, workingFolder } from '../support/service.js';
import { storeWrites } from '../support/writes/every-write.js';
import type { Ready, Sent } from '../support/writes/store-writes.js';

/** All rows of each table, as text. */
type Contents = Readonly<Record<string, string>>;

/** A database whose tables can be made to drop rows without a word. */
interface Swallowing {
  readonly contents: () => Promise<Contents>;
  /** @param event INSERT, UPDATE or DELETE @returns what undoes it */
  readonly swallow: (table: string, event: string) => Promise<() => Promise<void>>;
}

const leftOut = storeWrites.flatMap(({ notByRequests = [] }) => notByRequests);
const deletedFrom = storeWrites.flatMap(({ deletesFrom = [] }) => deletesFrom);
const insertedAtStart = storeWrites.flatMap(({ insertedAtStart: tables = [] }) => tables);
/** Those that requests write to. */
const needs = registeredStores
  .flatMap((store) => Object.entries(store.needs))
  .filter(([name]) => !leftOut.includes(name));
const tables = needs.map(([name]) => name);
const insertedOnce = storeWrites.flatMap(({ insertedOnce: tables = [] }) => tables);
const everyCase = needs.flatMap(([table, { rights, updates }]) => [
  ...(rights.includes('INSERT') && !insertedAtStart.includes(table)
    ? [['INSERT', table] as const]
    : []),
  ...(updates ? [['UPDATE', table] as const] : []),
  ...(deletedFrom.includes(table) ? [['DELETE', table] as const] : []),
]);
const isOnce = ([event, table]: (typeof everyCase)[number]) =>
  event === 'INSERT' && insertedOnce.includes(table);
/** What later cases would leave nothing of comes first. */
const cases = [...everyCase.filter(isOnce), ...everyCase.filter((each) => !isOnce(each))];

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

async function send(service: Service, { method, path, body, key, ifMatch }: Sent) {
  const response = await fetch(service.url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

/** Every kind of write once, with a key and without where it takes one. */
async function everyWrite(service: Service): Promise<readonly Ready[]> {
  const prepare = async (path: string, body: object) => {
    const { text } = await send(service, { method: 'POST', path, body, key: randomUUID() });
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const ready: Ready[] = [];
  for (const { posts, others } of storeWrites) {
    for (const [name, make] of Object.entries(posts)) {
      for (const key of [undefined, randomUUID()]) {
        const { path, body, needsKey } = await make(prepare);
        if (key === undefined && needsKey) continue;
        const how = key === undefined ? 'POST' : 'POST with a key';
        ready.push({
          name: `${how} ${name}`,
          method: 'POST',
          path,
          ...(body && { body }),
          ...(key && { key }),
        });
      }
    }
    ready.push(...((await others?.((request) => send(service, request))) ?? []));
  }
  return ready;
}

const changed = (before: Contents, after: Contents) =>
  tables.filter((table) => before[table] !== after[table]);

/** Whoever adds a table is told what is missing, and where. */
function expectReached(reached: ReadonlySet<string>): void {
  const unreached = registeredStores.flatMap(({ name, needs }) =>
    cases
      .filter(([, table]) => table in needs && !reached.has(table))
      .map(
        ([, table]) =>
          `no request of test/support/writes/${name.replaceAll('_', '-')}.ts writes to ${table}`,
      ),
  );
  expect([...new Set(unreached)]).toEqual([]);
}

const ENVIRONMENT = {
  HOST: '127.0.0.1',
  MIGRATE_ON_START: 'true',
  DPM_POLICY_PACKS_ENABLED: 'true',
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
  MEDIA_ENABLED: 'true',
  MEDIA_ROOT_DURABLE: 'true',
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
      // The place of files gets its name once the service is up: no request writes that.
      await eventually(async () => {
        expect((await swallowing.contents()).settings).toContain('files_identity');
      });
      for (const write of await everyWrite(service)) {
        const before = await swallowing.contents();
        const { status, text } = await send(service, write);
        expect({ write: write.name, status, text }).toMatchObject({ status: expect.any(Number) });
        expect(status).toBeLessThan(300);
        usual[write.name] = changed(before, await swallowing.contents());
        expect(usual[write.name]).not.toEqual([]);
      }
      expectReached(new Set(Object.values(usual).flat()));
    });

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
