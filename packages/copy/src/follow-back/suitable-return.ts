import type pg from 'pg';
import type { FollowedTable } from '../follow/followed-table.js';
import { ReasonError } from '../reasons.js';
import type { Note } from '../postgres/target-table.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { RETIREMENT_TABLE } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { ReturnJournal } from './return-journal.js';

/** @throws COPY_RETURN_UNSUITABLE with all that keeps changes of PostgreSQL from going back */
export async function refuseUnsuitableReturn(
  client: pg.Client,
  schema: string,
  followed: readonly FollowedTable[],
): Promise<void> {
  const inTheWay = [
    ...((await ReturnJournal.find(client, schema))
      ? [
          `the schema ${schema} has the journal of another return: go on with --follow-back alone, or take it out with --stop-following --follow-back`,
        ]
      : []),
    ...followed.flatMap(leftOut),
    ...(await notOwned(client, schema, followed)),
  ];
  if (inTheWay.length === 0) return;
  throw new ReasonError('COPY_RETURN_UNSUITABLE', {
    detail: inTheWay.join('; '),
    errors: inTheWay.map((message) => ({ path: schema, message })),
  });
}

/** A row that comes again would have nothing in it. */
function leftOut({ table: { source, columns, name } }: FollowedTable): readonly string[] {
  const left = source.columns
    .filter(({ generated }) => !generated)
    .filter((column) => !columns.some((each) => each.source.name === column.name));
  return left.map(
    (column) => `${name} is copied without its column ${column.name}, which would be lost`,
  );
}

async function notOwned(
  client: pg.Client,
  schema: string,
  followed: readonly FollowedTable[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = ANY ($2) AND NOT pg_has_role(c.relowner, 'USAGE')`,
    [schema, followed.map(({ table }) => table.name)],
  );
  return rows.map(
    ({ name }) =>
      `the role does not own the table ${name}, and may not put triggers on it for all sessions`,
  );
}

/** Triggers of the program that do not fire for what comes back. */
export function triggerNotes(
  { connection }: SourceDatabase,
  followed: readonly FollowedTable[],
): readonly Note[] {
  const statement = connection
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE
          AND name NOT LIKE 'holdfast\\_follow\\_%' ESCAPE '\\' AND name NOT LIKE '${RETIREMENT_TABLE}%'`,
    )
    .pluck();
  return followed.flatMap(({ table }) =>
    (statement.all(table.source.name) as string[]).map((name) => ({
      table: table.name,
      text: `the trigger ${name} of the file does not fire for what comes back: what it keeps elsewhere, such as a search index, has to be made anew after a return`,
    })),
  );
}
