import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { bothSides, followedFile, TABLES } from '../support/follow.js';
import { followBack, FOLLOWING_BACK } from '../support/follow-back.js';
import { documentOf } from '../support/migrate.js';
import { startPostgresServer } from '../support/postgres-server.js';

const { later, temporaryFolder } = cleanup();

const KILLS = 20;

/** Milliseconds. */
const EACH = 20;

/** Writes of all kinds, so many at a time. */
const BATCH = 10;

const WRITES = [
  'INSERT INTO entries (owner, amount, raw) VALUES ($1 % 200 + 1, $1 / 3.0, int4send($1))',
  "UPDATE owners SET note = coalesce(note, '') || 'x' WHERE id = $1 % 200 + 1",
  'DELETE FROM entries WHERE id = $1',
  "INSERT INTO words VALUES ('word ' || $1 % 50, $1) ON CONFLICT DO NOTHING",
  "DELETE FROM words WHERE word = 'word ' || $1 % 50",
];

/** Programs that write 500 times a second altogether, in transactions that overlap, until they are refused. */
function writing(target: TestDatabase) {
  const pool = new pg.Pool({ connectionString: target.url, max: 4 });
  // What ends a connection ends the query that it has, too.
  pool.on('error', () => undefined);
  let written = 0;
  let refusal: unknown;
  let ended: Promise<void> | undefined;
  const timer = setInterval(() => {
    for (let each = 0; each < BATCH; each += 1) {
      const place = 1 + Math.floor(Math.random() * 2000);
      const sql = WRITES[each % WRITES.length] ?? '';
      pool.query(sql.replaceAll('$1', `${place}::int`)).then(
        () => (written += 1),
        (error: unknown) => {
          if ((error as { code?: string }).code !== '55000') return;
          refusal = error;
          clearInterval(timer);
        },
      );
    }
  }, EACH);
  return {
    written: () => written,
    refusal: () => refusal,
    end: () => {
      clearInterval(timer);
      return (ended ??= pool.end());
    },
  };
}

async function expectEqual(path: string, target: TestDatabase): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table);
    expect({ table, rows: source }).toEqual({ table, rows: stored });
  }
}

async function switched(target: TestDatabase) {
  const file = followedFile(temporaryFolder());
  later(() => {
    file.program.close();
  });
  const first = followBack(file.path, target, ['--follow', '--cut-over']);
  await first.hasSaid(FOLLOWING_BACK);
  return { ...file, first };
}

it(`loses and doubles nothing when it is killed ${KILLS} times while PostgreSQL is written to`, async () => {
  const target = await createDatabase();
  later(() => target.drop());
  const { path, program, first } = await switched(target);
  const writer = writing(target);
  later(() => writer.end());
  let follower = first;
  for (let kills = 0; kills < KILLS; kills += 1) {
    await Promise.race([wait(500 + Math.random() * 2000), follower.ended]);
    follower.process.kill('SIGKILL');
    const { signal, stdout } = await follower.ended;
    if (signal !== 'SIGKILL') throw new Error(stdout);
    follower = followBack(path, target);
  }
  // Killed around the return, it leaves all of it, or what the same command completes.
  await follower.hasSaid(FOLLOWING_BACK);
  follower.goBack();
  await follower.hasSaid('holding the writers of PostgreSQL');
  follower.process.kill('SIGKILL');
  await follower.ended;
  const last = await followBack(path, target, ['--go-back']).ended;
  expect(last).toMatchObject({ code: 0 });
  await eventually(() => {
    expect(writer.refusal()).toMatchObject({ message: 'HOLDFAST_GONE_BACK' });
  });
  await writer.end();
  expect(writer.written()).toBeGreaterThan(KILLS * 50);
  await expectEqual(path, target);
  // The program is back on its file.
  program.exec("INSERT INTO owners (name) VALUES ('of the program')");
}, 300_000);

it('goes on when the server was killed, and was stopped', async () => {
  const server = await startPostgresServer();
  later(() => server.remove());
  const target = await createDatabase(server.url);
  later(() => target.drop());
  const { path, first } = await switched(target);
  const writer = writing(target);
  later(() => writer.end());
  let follower = first;
  for (const signal of ['SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    await follower.hasSaid(/"applied":[1-9]/);
    await server.stop(signal);
    const { code, stdout } = await follower.ended;
    expect({ code, stdout }).toMatchObject({ stdout: expect.stringContaining('POSTGRES_') });
    expect(code).toBe(69);
    await server.start();
    follower = followBack(path, target);
  }
  await follower.hasSaid(FOLLOWING_BACK);
  follower.goBack();
  const last = await follower.ended;
  expect(last).toMatchObject({ code: 0 });
  expect(documentOf(last)).toMatchObject({ already_there: false });
  await writer.end();
  await expectEqual(path, target);
}, 300_000);
