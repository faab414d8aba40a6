import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { keyNames } from '../follow/journal-sql.js';
import type { RejectedRow } from '../rows/convert-rows.js';
import { quoted } from '../sqlite/identifiers.js';
import type { FileRows } from './file-rows.js';
import type { ReturnJournal } from './return-journal.js';
import { eachRow } from './return-rows.js';
import type { ReturnTable } from './return-table.js';
import type { ReturningFile } from './returning-file.js';

/** Rows that are named when they are refused. */
const NAMED_ROWS = 10;

/**
 * Makes the rows of the file that were written to what they are in PostgreSQL's snapshot, in the transactions of both
 * sides that are under way: they go, and those that are still there come again. Each is read back and compared.
 * @returns how many keys were written to
 * @throws COPY_RETURN_REJECTED
 */
export async function applyRound(
  client: pg.Client,
  journal: ReturnJournal,
  file: ReturningFile,
  tables: readonly ReturnTable[],
): Promise<number> {
  let keys = 0;
  const noted = await journal.noted();
  for (const table of tables.filter(({ number }) => noted.has(number))) {
    const { place, count } = await journal.takeKeys(table);
    keys += count;
    await file.withoutTriggers(table, (rows) =>
      applyTable(client, journal.placeOf(table.table.name), place, table, rows),
    );
  }
  return keys;
}

async function applyTable(
  client: pg.Client,
  place: string,
  keysPlace: string,
  { table, key }: ReturnTable,
  rows: FileRows,
): Promise<void> {
  const names = keyNames(key.length);
  await eachRow(client, `(SELECT ${names.join(', ')} FROM ${keysPlace})`, (fields) => {
    rows.remove(fields);
  });
  const columns = table.columns.map(({ name }) => `t.${quoted(name)}`).join(', ');
  const same = key.map(({ name }, index) => `t.${quoted(name)} = k.${names[index] ?? ''}`);
  const rejected: RejectedRow[] = [];
  await eachRow(
    client,
    `(SELECT ${columns} FROM ${place} AS t JOIN ${keysPlace} AS k ON ${same.join(' AND ')})`,
    (fields) => {
      // The rest has to be read, so that the connection can be used again.
      if (rejected.length === NAMED_ROWS) return;
      const row = rows.insert(fields);
      if (row) rejected.push(row);
    },
  );
  if (rejected.length > 0)
    throw new ReasonError('COPY_RETURN_REJECTED', {
      detail: rejected.map(messageOf)[0] ?? '',
      errors: rejected.map((row) => ({
        path: [row.table, row.column].filter((part) => part !== '').join('.'),
        message: messageOf(row),
      })),
    });
}

function messageOf({ table, key, column, reason }: RejectedRow): string {
  return `${table}, ${key}:${column === '' ? '' : ` ${column}`} ${reason}`;
}
