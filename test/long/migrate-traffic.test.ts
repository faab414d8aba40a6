import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  appliedVersions,
  connected,
  migratedDatabase,
  ownMigrations,
} from '../support/migrations.js';

const { later } = cleanup();

const CLIENTS = 4;
/** How often the migration has to have queued for the table. */
const WAITS = 4;
/** Statements of each client after that. */
const FURTHER = 20;
const PAUSE_MS = 5;

/** Short reads and writes of one client, until it is told to stop. */
function traffic(client: pg.Client, number: number) {
  const milliseconds: number[] = [];
  const stopping = new AbortController();
  const ended = (async () => {
    for (let round = 0; !stopping.signal.aborted; round += 1) {
      const started = performance.now();
      await (round % 2 === 0
        ? client.query('SELECT count(*) FROM accounts WHERE id < 100')
        : client.query('INSERT INTO accounts (id) VALUES ($1)', [1000 + round * CLIENTS + number]));
      milliseconds.push(performance.now() - started);
      await wait(PAUSE_MS);
    }
  })();
  return {
    milliseconds,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

it('traffic goes on while a migration waits for a table that a long transaction reads', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, {
    '0001_create_accounts.sql': `CREATE TABLE accounts (id integer PRIMARY KEY);
INSERT INTO accounts SELECT generate_series(1, 500);
`,
  });
  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
  own.write('0002_add_owner.sql', 'ALTER TABLE accounts ADD COLUMN owner text;\n');

  const observer = await connected(later, database.url);
  const reader = await connected(later, database.url);
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM accounts');
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => connected(later, database.url)),
  );
  const all = clients.map(traffic);
  later(() => Promise.all(all.map(({ stop }) => stop())));

  const up = own.migrate(['up'], environment);
  const isWaiting = async () => {
    const { rowCount } = await observer.query(
      `SELECT 1 FROM pg_locks WHERE relation = 'accounts'::regclass
          AND mode = 'AccessExclusiveLock' AND NOT granted`,
    );
    return rowCount === 1;
  };
  await eventually(async () => {
    expect(await isWaiting()).toBe(true);
  });
  const from = all.map(({ milliseconds }) => milliseconds.length);
  for (let waits = 1; waits < WAITS; waits += 1) {
    while (await isWaiting()) await wait(PAUSE_MS);
    while (!(await isWaiting())) await wait(PAUSE_MS);
  }
  // They would get none of these while somebody stood in the queue before them.
  for (const { milliseconds } of all) {
    const enough = milliseconds.length + FURTHER;
    while (milliseconds.length < enough) await wait(PAUSE_MS);
  }
  expect(await appliedVersions(database)).toEqual(['0001']);
  const during = all.flatMap(({ milliseconds }, client) => milliseconds.slice(from[client]));

  await reader.query('COMMIT');
  expect(await up).toMatchObject({ code: 0 });
  expect(await appliedVersions(database)).toEqual(['0001', '0002']);
  const sorted = during.toSorted((one, other) => one - other);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
  console.info(
    `${sorted.length} statements while a migration waited: p99 ${p99.toFixed(0)} ms, longest ${sorted.at(-1)?.toFixed(0)} ms`,
  );
});
