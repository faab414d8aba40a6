import type pg from 'pg';
import type { Orphans } from './report.js';
import type { Definition } from './postgres/definition.js';
import { settingSequence } from './postgres/existing-tables.js';
import type { ForeignKey } from './postgres/foreign-key-text.js';
import { refusalOf } from './postgres/refusal.js';
import type { Links } from './postgres/progress.js';
import type { Staging } from './postgres/staging.js';
import type { TargetTable } from './postgres/target-table.js';
import { atOnce, inPipelinedTransaction } from './postgres/transaction.js';
import { type Held, readHeld } from './verify/foreign-keys.js';

/**
 * Gives the tables what holds them together, and looks whether it does.
 * @param made whose next numbers are set
 * @returns the rows that break foreign keys, as PostgreSQL has them, and what it holds then
 */
export async function linkTables(
  client: pg.Client,
  staging: Staging,
  definitions: readonly Definition[],
  made: readonly TargetTable[],
): Promise<{ readonly links: Links; readonly held: Held }> {
  const known = staging.resumed ? await staging.links() : undefined;
  const linking = known ?? addForeignKeys(client, staging, definitions, made);
  // What is asked behind them is answered when they are there; trying one takes answers.
  if (areLinked(definitions)) await linking;
  const reading = readHeld(client, staging.schema, made);
  await Promise.allSettled([linking, reading]);
  return { links: await linking, held: await reading };
}

/** Whether any of the tables refers to one. */
export function areLinked(definitions: readonly Definition[]): boolean {
  return definitions.some(({ foreignKeys }) => foreignKeys.length > 0);
}

/**
 * Foreign keys, when all rows and all keys are there, or behind them where there are none; and where numbers go on. A key that rows break is
 * made for new rows only.
 * @returns the rows that break keys, as PostgreSQL has them
 */
async function addForeignKeys(
  client: pg.Client,
  staging: Staging,
  definitions: readonly Definition[],
  made: readonly TargetTable[],
): Promise<Links> {
  const sequences = made.flatMap((table) => settingSequence(staging.schema, table));
  if (!areLinked(definitions)) {
    const links = { orphans: [] };
    const requiring = staging.requiringRows(made.map(({ name }) => name));
    await atOnce(client, [requiring, ...sequences, staging.savingLinks(links)]);
    return links;
  }
  return inPipelinedTransaction(client, [], async () => {
    const orphans: Orphans[] = [];
    for (const { table, foreignKeys } of definitions) {
      for (const key of foreignKeys) {
        const rows = await addForeignKey(client, table, key);
        if (rows > 0) orphans.push({ table, references: key.references, rows });
      }
    }
    const links = { orphans };
    return { result: links, closing: [...sequences, staging.savingLinks(links)] };
  });
}

/** SQLSTATE of rows that break a foreign key. */
const FOREIGN_KEY_VIOLATION = '23503';

/** @returns how many rows break it: then it is not validated. @throws COPY_REFUSED naming the table */
async function addForeignKey(
  client: pg.Client,
  table: string,
  { sql, orphans }: ForeignKey,
): Promise<number> {
  await client.query('SAVEPOINT holdfast_key');
  try {
    await client.query(sql);
    return 0;
  } catch (error) {
    if ((error as { code?: string }).code !== FOREIGN_KEY_VIOLATION) throw refusalOf(table, error);
    await client.query('ROLLBACK TO SAVEPOINT holdfast_key');
    await client.query(`${sql} NOT VALID`);
    const { rows } = await client.query<{ rows: number }>(orphans);
    return rows[0]?.rows ?? 0;
  }
}
