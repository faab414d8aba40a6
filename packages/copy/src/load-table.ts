import type pg from 'pg';
import type { CopiedTable } from './copied-table.js';
import type { Orphans } from './report.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import { addOptionalParts } from './postgres/attempts.js';
import type { Definition } from './postgres/definition.js';
import { settingSequence } from './postgres/existing-tables.js';
import type { ForeignKey } from './postgres/foreign-key-text.js';
import { refusalOf } from './postgres/refusal.js';
import type { Links } from './postgres/progress.js';
import type { Staging } from './postgres/staging.js';
import type { Note, TargetTable } from './postgres/target-table.js';
import type { Sent } from './postgres/pipeline.js';
import { atOnce, inPipelinedTransaction } from './postgres/transaction.js';

/** Sends nothing that needs answers. */
type Meanwhile = (areLast: boolean) => Promise<void>;

/**
 * Loads a table and gives it what it gets when its rows are there.
 * @param meanwhile what there is to do while the server makes its keys, and whether they are all that it makes
 * @returns when all is sent
 */
export async function loadTable(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  copied: CopiedTable,
  definitions: readonly Definition[],
  withoutRows: boolean,
  meanwhile: Meanwhile = () => Promise.resolve(),
): Promise<Sent> {
  const { table } = copied;
  const definition = definitions.find((each) => each.table === table.name);
  const keys = definition && plainKeys(definition);
  const sent = await copied.load(client, staging, definition?.create, keys);
  if (!definition || staging.progressOf(table.name).keyed) return sent;
  await sent.done;
  const filled = withoutRows ? undefined : source;
  const done = addConstraints(client, filled, staging, table, definition, meanwhile);
  // What may be refused in part is a conversation.
  if (keys === undefined) await done;
  return { done };
}

/** Undefined where more than keys is made, of which a part may be refused. */
function plainKeys({ keys, attempts, generated }: Definition): readonly string[] | undefined {
  return attempts.length + generated.length === 0 ? keys : undefined;
}

/** What a table gets when its rows are there. @throws COPY_REFUSED naming the table */
async function addConstraints(
  client: pg.Client,
  source: SourceDatabase | undefined,
  staging: Staging,
  table: TargetTable,
  definition: Definition,
  meanwhile: Meanwhile,
): Promise<void> {
  const { name } = table;
  const saving = (notes: readonly Note[]) =>
    staging.saving(name, { ...staging.progressOf(name), keyed: true, notes });
  const plain = plainKeys(definition);
  // The server is sent the keys before anything else is done here.
  const asked = Promise.resolve().then(() =>
    definition.keys.length > 0 ? meanwhile(plain !== undefined) : undefined,
  );
  const made = plain
    ? atOnce(client, [...plain, saving([])])
    : inPipelinedTransaction(client, definition.keys, async () => {
        const notes = await addOptionalParts(client, staging.schema, source, table, definition);
        return { result: undefined, closing: [saving(notes)] };
      });
  const named = made.catch((error: unknown) => {
    throw refusalOf(name, error);
  });
  await Promise.all([named, asked]);
}

/**
 * Foreign keys, when all rows and all keys are there; and where numbers go on. A key that rows break is
 * made for new rows only.
 * @returns the rows that break keys, as PostgreSQL has them
 */
export async function addForeignKeys(
  client: pg.Client,
  staging: Staging,
  definitions: readonly Definition[],
  made: readonly TargetTable[],
): Promise<Links> {
  const sequences = made.flatMap((table) => settingSequence(staging.schema, table));
  if (definitions.every(({ foreignKeys }) => foreignKeys.length === 0)) {
    const links = { orphans: [] };
    await atOnce(client, [...sequences, staging.savingLinks(links)]);
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
