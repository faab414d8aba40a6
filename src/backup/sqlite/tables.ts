import { createHash } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { HashSum } from '@holdfast/copy/verify/hash-sum';
import { RowHash } from '@holdfast/copy/verify/row-hash';
import { yieldToEventLoop } from '@holdfast/core/event-loop-yield';
import type { BackedUpTable } from '../manifest.js';

type Value = null | bigint | number | string | Buffer;

/** A signal is heard between so many rows. */
const ROWS_AT_ONCE = 10_000;

const SCHEMA = 'main';

/** Of every table, also those that SQLite keeps for itself; a virtual one is in the tables behind it. */
export async function digestTables(
  connection: Sqlite.Database,
  signal: AbortSignal,
): Promise<BackedUpTable[]> {
  const tables = connection
    .prepare<[], { name: string; wr: number }>(
      `SELECT name, wr FROM pragma_table_list
        WHERE schema = '${SCHEMA}' AND type IN ('table', 'shadow') AND name <> 'sqlite_schema' ORDER BY name`,
    )
    .all();
  const digests: BackedUpTable[] = [];
  for (const { name, wr } of tables)
    digests.push(await digestTable(connection, name, wr === 0, signal));
  return digests;
}

async function digestTable(
  connection: Sqlite.Database,
  name: string,
  hasRowid: boolean,
  signal: AbortSignal,
): Promise<BackedUpTable> {
  const columns = hasRowid ? 'rowid, *' : '*';
  const rowsOf = connection
    .prepare<[], Value[]>(`SELECT ${columns} FROM "${name.replaceAll('"', '""')}"`)
    .safeIntegers()
    .raw();
  const sum = new HashSum();
  const hash = new RowHash(sum);
  let rows = 0;
  for (const row of rowsOf.iterate()) {
    for (const value of row) take(hash, value);
    hash.end();
    rows += 1;
    if (rows % ROWS_AT_ONCE !== 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return { schema: SCHEMA, name, rows, digest: String(sum) };
}

/** With its kind and its length before it, so that none can take from its neighbour. */
function take(hash: RowHash, value: Value): void {
  const bytes = bytesOf(value);
  const head = Buffer.from(`${value instanceof Buffer ? 'blob' : typeof value} ${bytes.length};`);
  hash.take(head, 0, head.length);
  hash.take(bytes, 0, bytes.length);
}

function bytesOf(value: Value): Buffer {
  if (value === null) return Buffer.alloc(0);
  if (value instanceof Buffer) return value;
  if (typeof value !== 'number') return Buffer.from(String(value));
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

export function readDefinitions(connection: Sqlite.Database): Record<string, string> {
  const rows = connection
    .prepare<[], { type: string; name: string; sql: string }>(
      'SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name',
    )
    .all();
  return Object.fromEntries(
    rows.map(({ type, name, sql }) => [
      `${type} ${name}`,
      createHash('sha256').update(sql).digest('hex'),
    ]),
  );
}
