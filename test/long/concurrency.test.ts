import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { Edges } from '../support/contention/edges.js';
import { Operations } from '../support/contention/operations.js';
import { PolicyPacks } from '../support/contention/policy-packs.js';
import { Proposals } from '../support/contention/proposals.js';
import { Runs } from '../support/contention/runs.js';
import { type Query, Random, type Subject } from '../support/contention/subject.js';
import { HttpClient } from '../support/http-client.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines } from '../support/program.js';
import { type Service, startService, workingFolder } from '../support/service.js';

const SEED = 20_261_121;
const WRITES = 200;
/** Writes that one process gets at a time, and all processes at the same time. */
const AT_ONCE = 8;
/** Ends what hangs: twelve processes on a busy machine take minutes. */
const LIMIT_MS = 600_000;

const PACKS_ON = {
  DPM_POLICY_PACKS_ENABLED: 'true',
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
};

const { later, temporaryFolder } = cleanup();

describe('mixed writes on shared records', () => {
  it(
    'by 8 processes on one PostgreSQL database lose nothing, and none meets a deadlock',
    async () => {
      const database = await createDatabase();
      later(() => database.drop());
      const services = await start(8, {
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
        DB_POOL_SIZE: '2',
        DB_MAX_OVERFLOW: '2',
      });
      await contend(services, async (sql) => (await database.query<never>(sql)).map(timesAsTexts));
      await stopAll(services);
      expect(
        await database.query(
          `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
        ),
      ).toEqual([{ deadlocks: 0 }]);
    },
    LIMIT_MS,
  );

  it(
    'by 4 processes on one SQLite file lose nothing, and none is told that it is busy',
    async () => {
      const path = join(temporaryFolder(), 'shared.sqlite');
      const services = await start(4, { SQLITE_PATH: path });
      const file = new Sqlite(path, { readonly: true });
      later(() => file.close());
      await contend(services, (sql) =>
        Promise.resolve(file.prepare<[], never>(sql).all().map(timesAsTexts)),
      );
      await stopAll(services);
    },
    LIMIT_MS,
  );
});

/** All at once, so that they meet at the migrations too. */
async function start(
  processes: number,
  environment: Readonly<Record<string, string>>,
): Promise<readonly Service[]> {
  const starting = Array.from({ length: processes }, async () => {
    const service = await startService({ ...PACKS_ON, ...environment }, workingFolder());
    later(() => service.stop('SIGKILL'));
    return service;
  });
  return Promise.all(starting);
}

/** Sends every process its writes, then compares every row with the answers. */
async function contend(services: readonly Service[], query: Query): Promise<void> {
  const proposals = new Proposals();
  const subjects: readonly Subject[] = [
    proposals,
    { write: (write) => proposals.create(write), check: () => Promise.resolve() },
    new Runs(),
    new Operations(),
    new PolicyPacks(),
    new Edges(),
  ];
  const senders = services.map(({ url }, index) => ({
    client: new HttpClient(url),
    random: new Random(SEED + index),
  }));
  try {
    for (let round = 0; round < WRITES / AT_ONCE; round += 1) {
      // In turn, all at everything, and all at the same few records.
      const [only] = round % 2 === 0 ? [] : [subjects[(round >> 1) % subjects.length]];
      const writes = senders.flatMap(({ client, random }, sender) =>
        Array.from({ length: AT_ONCE }, (_, index) => {
          const id = `write-${round}-${sender}-${index}`;
          return (only ?? random.pick(subjects)).write({ client, random, id });
        }),
      );
      await Promise.all(writes);
    }
    for (const subject of subjects) {
      await subject.check(query, new HttpClient(services[0]?.url ?? ''));
    }
  } catch (error) {
    throw new Error(`with seed ${SEED}: ${String(error)}`, { cause: error });
  }
}

/** What probes tell: on a machine that is busy with all the others, a server may be late for one. */
const OF_PROBES = /^(check|ready)\./;

/** Each ends well, and has logged nothing that failed. */
async function stopAll(services: readonly Service[]): Promise<void> {
  for (const { code, stdout, stderr } of await Promise.all(services.map((each) => each.stop()))) {
    const faults = jsonLines(stdout + stderr).filter(
      ({ level, event }) => level !== 'info' && !OF_PROBES.test(String(event)),
    );
    expect([code, faults]).toEqual([0, []]);
  }
}

function timesAsTexts<Row extends object>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Date
        ? value.toISOString()
        : name.endsWith('_at') && typeof value === 'string'
          ? new Date(value).toISOString()
          : (value as unknown),
    ]),
  ) as Row;
}
