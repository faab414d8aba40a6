import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { eventually } from '../support/eventually.js';
import { bothSides, follow, followedFile, TABLES } from '../support/follow.js';
import { documentOf } from '../support/migrate.js';
import { startPostgresServer } from '../support/postgres-server.js';

const { later, temporaryFolder } = cleanup();

const KILLS = 20;

/** Milliseconds. */
const EACH = 20;

/** Writes of all kinds, so many at a time. */
const BATCH = 10;

/** A program that writes 500 times a second until its file refuses it. */
function writing(program: Sqlite.Database) {
  const insert = program.prepare(
    'INSERT INTO entries (owner, amount, raw) VALUES (?, ?, randomblob(9))',
  );
  const update = program.prepare("UPDATE owners SET note = coalesce(note, '') || 'x' WHERE id = ?");
  const remove = program.prepare('DELETE FROM entries WHERE id = ?');
  const replace = program.prepare('INSERT OR REPLACE INTO words VALUES (?, ?)');
  let written = 0;
  let refusal: unknown;
  const timer = setInterval(() => {
    try {
      for (let each = 0; each < BATCH; each += 1) {
        written += 1;
        const place = 1 + Math.floor(Math.random() * 2000);
        if (written % 4 === 0) insert.run((place % 200) + 1, written / 3);
        else if (written % 4 === 1) update.run((place % 200) + 1);
        else if (written % 4 === 2) remove.run(place);
        else replace.run(`word ${place % 50}`, written);
      }
    } catch (error) {
      refusal = error;
      clearInterval(timer);
    }
  }, EACH);
  return {
    written: () => written,
    refusal: () => refusal,
    stop: () => {
      clearInterval(timer);
    },
  };
}

async function expectEqual(path: string, target: TestDatabase): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table);
    expect({ table, rows: stored }).toEqual({ table, rows: source });
  }
}

function aProgram() {
  const file = followedFile(temporaryFolder());
  const writer = writing(file.program);
  later(() => {
    writer.stop();
    file.program.close();
  });
  return { ...file, writer };
}

it(`loses and doubles nothing when it is killed ${KILLS} times while the program writes`, async () => {
  const target = await createDatabase();
  later(() => target.drop());
  const { path, writer } = aProgram();
  let kills = 0;
  for (let round = 0; kills < KILLS; round += 1) {
    const follower = follow(path, target, round === 0 ? [] : ['--resume']);
    await Promise.race([wait(500 + Math.random() * 2500), follower.ended]);
    follower.process.kill('SIGKILL');
    const { signal, stdout } = await follower.ended;
    if (signal !== 'SIGKILL') throw new Error(stdout);
    kills += 1;
  }
  // Killed around the switch, it leaves all of it, or what is resumed.
  const around = follow(path, target, ['--resume', '--cut-over']);
  await around.hasSaid('holding the writers');
  around.process.kill('SIGKILL');
  await around.ended;
  const last = await follow(path, target, ['--resume', '--cut-over']).ended;
  expect(last).toMatchObject({ code: 0 });
  await eventually(() => {
    expect(writer.refusal()).toMatchObject({ code: 'SQLITE_CONSTRAINT_TRIGGER' });
  });
  expect(writer.written()).toBeGreaterThan(KILLS * 100);
  await expectEqual(path, target);
}, 300_000);

it('goes on when the server was killed, and was stopped', async () => {
  const server = await startPostgresServer();
  later(() => server.remove());
  const target = await createDatabase(server.url);
  later(() => target.drop());
  const { path, writer } = aProgram();
  for (const [round, signal] of (['SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGKILL'] as const).entries()) {
    const follower = follow(path, target, round === 0 ? [] : ['--resume']);
    await follower.hasSaid(/"applied":[1-9]/);
    await server.stop(signal);
    const { code, stdout } = await follower.ended;
    expect({ code, stdout }).toMatchObject({ stdout: expect.stringContaining('POSTGRES_') });
    expect(code).toBe(69);
    await server.start();
  }
  const last = await follow(path, target, ['--resume', '--cut-over']).ended;
  expect(last).toMatchObject({ code: 0 });
  expect(documentOf(last)).toMatchObject({ resumed: true });
  writer.stop();
  await expectEqual(path, target);
}, 300_000);
