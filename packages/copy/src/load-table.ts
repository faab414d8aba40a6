import type pg from 'pg';
import type { CopiedTable } from './copied-table.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import { addOptionalParts } from './postgres/attempts.js';
import type { Definition } from './postgres/definition.js';
import { refusalOf } from './postgres/refusal.js';
import type { Staging } from './postgres/staging.js';
import type { TargetTable } from './postgres/target-table.js';
import { inOrder, type Sent } from './postgres/pipeline.js';
import { atOnce, inPipelinedTransaction } from './postgres/transaction.js';

/** What there is to do before a table is there. */
interface Meanwhile {
  /** Sends what needs no answers, behind all that makes the table. */
  readonly ask: () => Promise<void>;
  /** Is done when the server has taken all rows, and makes keys: before, it would be held up. */
  readonly look: () => void;
}

/**
 * Loads a table and gives it what it gets when its rows are there.
 * @returns when all is sent
 */
export async function loadTable(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  copied: CopiedTable,
  definitions: readonly Definition[],
  withoutRows: boolean,
  meanwhile?: Meanwhile,
): Promise<Sent> {
  const { table } = copied;
  const definition = definitions.find((each) => each.table === table.name);
  const keys = definition && plainKeys(definition);
  const behind = (done: Promise<unknown>): Sent => ({
    done: inOrder(Promise.allSettled([done, meanwhile?.ask()])),
  });
  const { done } = await copied.load(client, staging, definition?.create, keys);
  if (!definition || staging.progressOf(table.name).keyed) return behind(done);
  // Only what takes the server time leaves time to look.
  const look = definition.keys.length > 0 ? meanwhile?.look : undefined;
  if (keys) {
    const made = sendKeys(client, staging, table, keys, done);
    const looked = done.then(look);
    return behind(inOrder(Promise.allSettled([done, made, looked])));
  }
  // What may be refused in part is a conversation.
  await done;
  const filled = withoutRows ? undefined : source;
  const added = addConstraints(client, filled, staging, table, definition);
  look?.();
  await added;
  return behind(added);
}

/** Undefined where more than keys is made, of which a part may be refused. */
function plainKeys({ keys, attempts, generated }: Definition): readonly string[] | undefined {
  return attempts.length + generated.length === 0 ? keys : undefined;
}

/**
 * Sends what a table gets behind its rows, which the server may still be taking.
 * @param loaded when it has taken them
 * @returns when all is made. @throws COPY_REFUSED naming the table
 */
async function sendKeys(
  client: pg.Client,
  staging: Staging,
  { name }: TargetTable,
  keys: readonly string[],
  loaded: Promise<unknown>,
): Promise<void> {
  try {
    const requiring = staging.requiringRows([name]);
    await atOnce(client, [requiring, ...keys, staging.savingKeyed(name, [])]);
  } catch (error) {
    throw refusalOf(name, error);
  }
  await loaded;
  staging.tellKeyed(name, []);
}

/** What a table gets when its rows are there, of which a part may be refused. @throws COPY_REFUSED naming the table */
async function addConstraints(
  client: pg.Client,
  source: SourceDatabase | undefined,
  staging: Staging,
  table: TargetTable,
  definition: Definition,
): Promise<void> {
  const { name } = table;
  try {
    const notes = await inPipelinedTransaction(client, definition.keys, async () => {
      const result = await addOptionalParts(client, staging.schema, source, table, definition);
      return { result, closing: [staging.savingKeyed(name, result)] };
    });
    staging.tellKeyed(name, notes);
  } catch (error) {
    throw refusalOf(name, error);
  }
}
