import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { LiveTable } from '@holdfast/postgres/verification/needs';
import { LIVE_TABLES, liveTablesOf } from '@holdfast/postgres/verification/live-tables';
import { readMigrations } from '../../src/migration.js';
import { storeConstraints } from '../../src/postgres/schema/store-constraints.js';
import { cleanup } from '../../../../test/support/cleanup.js';
import { createDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

/** Each changes what the one before has made. */
const MIGRATIONS = [
  `CREATE TABLE parents (id integer PRIMARY KEY, name text UNIQUE, size integer CHECK (size > 0),
     a integer, b integer, UNIQUE (b, a), CONSTRAINT ordered CHECK (a < b));
   CREATE TABLE children (parent integer REFERENCES parents, "Kind" text, note text,
     PRIMARY KEY ("Kind", parent), FOREIGN KEY (parent) REFERENCES parents (id));`,
  `CREATE UNIQUE INDEX by_size ON parents (size) WHERE a IS NOT NULL;
   CREATE UNIQUE INDEX by_note ON children (note, parent);
   CREATE INDEX slow ON children (note);
   ALTER TABLE parents ADD COLUMN twin integer UNIQUE REFERENCES parents CHECK (twin <> 0);`,
  `ALTER TABLE parents DROP CONSTRAINT ordered, DROP CONSTRAINT parents_name_key,
     DROP CONSTRAINT parents_size_check;
   DROP INDEX by_note;
   ALTER TABLE children ADD CONSTRAINT short CHECK (note IS NULL OR length(note) < 9),
     ADD UNIQUE (note);
   ALTER TABLE children RENAME TO kids;`,
];

it('tells the keys and constraints that migrations make, as the server has them', async () => {
  const database = await createDatabase();
  later(() => database.drop());
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'any', 'postgres'), { recursive: true });
  for (const [index, sql] of MIGRATIONS.entries()) {
    writeFileSync(join(folder, 'any', 'postgres', `000${index + 1}_step.sql`), sql);
    await database.query(sql);
    const made = await storeConstraints(readMigrations(folder, 'any', 'postgres'));
    const needs = Object.fromEntries(
      [...made.keys()].map((name) => [name, { rights: [], columns: {} }]),
    );
    const live = await database.query<LiveTable>(LIVE_TABLES, liveTablesOf(needs));
    const texts = (all: readonly { readonly text: string }[]) =>
      [...new Set(all.map(({ text }) => text))].sort();
    expect(Object.fromEntries(made)).toEqual(
      Object.fromEntries(
        live.map(({ name, keys, constraints }) => [
          name,
          { keys: texts(keys), constraints: texts(constraints) },
        ]),
      ),
    );
    expect(made.size).toBe(2);
  }
});
