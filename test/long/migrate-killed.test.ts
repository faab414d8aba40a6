import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { documentOf } from '../support/migrate.js';
import {
  catalogue,
  connected,
  holdersOf,
  migratedDatabase,
  type OwnMigrations,
  ownMigrations,
} from '../support/migrations.js';

const { later } = cleanup();

/** Tells the moments at which the holder is killed; given by `SEED`, it repeats a run. */
const SEED = Number(process.env.SEED ?? randomInt(1_000_000));
const MOMENTS = 20;

const MIGRATIONS = {
  // The function makes building the index take about as long as the other migrations take.
  '0001_create_accounts.sql': `CREATE FUNCTION slow_text(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF value LIKE '%000' THEN PERFORM pg_sleep(0.01); END IF;
  RETURN value;
END $$;
CREATE TABLE accounts (id integer PRIMARY KEY, owner text);
SELECT pg_sleep(0.1);
INSERT INTO accounts SELECT n, 'owner ' || n FROM generate_series(1, 20000) AS n;
`,
  '0002_add_balance.sql': `ALTER TABLE accounts ADD COLUMN balance bigint NOT NULL DEFAULT 0;
SELECT pg_sleep(0.15);
UPDATE accounts SET balance = id;
`,
  '0003_index_owners.sql': `-- holdfast: no-transaction
CREATE INDEX CONCURRENTLY accounts_by_owner ON accounts ((slow_text(owner)));
`,
  '0004_split_entries.sql': `CREATE TABLE entries AS SELECT id, balance FROM accounts;
SELECT pg_sleep(0.2);
ALTER TABLE entries ADD PRIMARY KEY (id), ADD FOREIGN KEY (id) REFERENCES accounts (id);
`,
};
const NO_DRIFT = { advisory: [] };
const CONTENTS = `SELECT (SELECT md5(string_agg(a::text, ',' ORDER BY id)) FROM accounts a) AS accounts,
  (SELECT md5(string_agg(e::text, ',' ORDER BY id)) FROM entries e) AS entries,
  (SELECT string_agg(version || checksum, ',' ORDER BY version) FROM holdfast_migrations) AS ledger`;

const afterwards: (() => unknown)[] = [];
/** Milliseconds from the release of the lock until the next migrator has ended, and to the release. */
const times: { readonly done: number; readonly release: number }[] = [];
let own: OwnMigrations;
let clean: {
  readonly milliseconds: number;
  readonly catalogue: readonly string[];
  readonly contents: object[];
};

beforeAll(async () => {
  const keep = (work: () => unknown) => void afterwards.push(work);
  own = ownMigrations(keep, MIGRATIONS);
  const { database, environment } = await migratedDatabase(keep);
  const started = performance.now();
  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
  clean = {
    milliseconds: performance.now() - started,
    catalogue: await catalogue(database),
    contents: await database.query(CONTENTS),
  };
});

afterAll(async () => {
  for (const work of afterwards.reverse()) await work();
  const slowest = (what: 'done' | 'release') =>
    Math.max(...times.map((each) => each[what])).toFixed(0);
  console.info(
    `SEED=${SEED}: a clean run took ${clean.milliseconds.toFixed(0)} ms; the lock was free at most ${slowest('release')} ms after a kill, and the next had ended at most ${slowest('done')} ms later`,
  );
});

it.each(momentsOf(SEED))(
  'killed at %f of its run, the holder leaves nothing that the next stumbles over',
  async (share) => {
    const { database, environment } = await migratedDatabase(later);
    const observer = await connected(later, database.url);
    const first = own.start(['up'], environment);
    later(() => first.process.kill('SIGKILL'));
    await Promise.race([wait(share * clean.milliseconds), first.ended]);
    const holders = await holdersOf(observer);
    first.process.kill('SIGKILL');
    const killed = performance.now();
    await first.ended;

    const next = own.migrate(['up', '--json'], environment);
    while ((await holdersOf(observer)).some((pid) => holders.includes(pid))) await wait(5);
    const released = performance.now();
    const { code, stdout } = await next;
    times.push({ done: performance.now() - released, release: released - killed });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"applied"') });
    expect(await catalogue(database)).toEqual(clean.catalogue);
    expect(await database.query(CONTENTS)).toEqual(clean.contents);
    const drift = documentOf(await own.migrate(['status', '--drift', '--json'], environment));
    expect(drift).toEqual({ status: 'head', stores: expect.anything(), drift: NO_DRIFT });
  },
);

/** Pseudo-random numbers from 0 to 1, of three decimals, by the generator "mulberry32". */
function momentsOf(seed: number): readonly number[] {
  let state = seed;
  return Array.from({ length: MOMENTS }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * 1000) / 1000;
  });
}
