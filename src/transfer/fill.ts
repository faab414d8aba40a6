import type pg from 'pg';
import type { CopiedTable } from './copied-table.js';
import type { Orphans } from './report.js';
import type { SourceDatabase } from './source/source-database.js';
import type { SourceForeignKey } from './source/source-table.js';
import { addAttempts } from './target/attempts.js';
import type { Definition } from './target/definition.js';
import { setSequence } from './target/existing.js';
import { refusalOf } from './target/refusal.js';
import type { Staging } from './target/staging.js';
import type { TargetTable } from './target/target-table.js';
import { inTransaction } from './target/transaction.js';

/** Loads a table and gives it what it gets when its rows are there. */
export async function fill(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  copied: CopiedTable,
  definitions: readonly Definition[],
): Promise<void> {
  const { name } = copied.table;
  const definition = definitions.find(({ table }) => table === name);
  await copied.load(client, staging, definition?.create);
  if (definition && !staging.progressOf(name).keyed)
    await finish(client, source, staging, copied.table, definition);
}

/** What a table gets when its rows are there. */
function finish(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  table: TargetTable,
  definition: Definition,
): Promise<void> {
  return inTransaction(client, async () => {
    await addKeys(client, definition);
    const notes = await addAttempts(client, staging.schema, source, table, definition);
    await staging.save(table.name, { ...staging.progressOf(table.name), keyed: true, notes });
  });
}

/** @throws COPY_REFUSED naming the table */
async function addKeys(client: pg.Client, { table, keys }: Definition): Promise<void> {
  for (const sql of keys) {
    await client.query(sql).catch((error: unknown) => {
      throw refusalOf(table, error);
    });
  }
}

/** Foreign keys, when all rows and all keys are there; and where numbers go on. */
export async function link(
  client: pg.Client,
  staging: Staging,
  definitions: readonly Definition[],
  made: readonly TargetTable[],
  orphans: readonly Orphans[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const { table, foreignKeys } of definitions) {
      for (const { key, sql } of foreignKeys) {
        const text = isBroken(table, key, orphans) ? `${sql} NOT VALID` : sql;
        await client.query(text).catch((error: unknown) => {
          throw refusalOf(table, error);
        });
      }
    }
    for (const table of made) await setSequence(client, staging.schema, table);
    await staging.saveLinked();
  });
}

function isBroken(table: string, key: SourceForeignKey, orphans: readonly Orphans[]): boolean {
  return orphans.some((each) => each.table === table && each.references === key.table);
}

/** How many foreign keys there will be, and how many of them with rows that break them. */
export function linkCounts(definitions: readonly Definition[], orphans: readonly Orphans[]) {
  const keys = definitions.flatMap(({ table, foreignKeys }) =>
    foreignKeys.map(({ key }) => isBroken(table, key, orphans)),
  );
  return { foreignKeys: keys.length, unchecked: keys.filter(Boolean).length };
}
