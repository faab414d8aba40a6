import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import type { TargetTable } from '../postgres/target-table.js';

/**
 * Looks at what holds the tables together, as PostgreSQL has it: every key and index valid, every
 * foreign key there and checked, and no number that would be given a second time.
 * @param foreignKeys that were made in all
 * @param unchecked those of them that rows without a counterpart keep from being checked
 * @throws COPY_MISMATCH
 */
export async function verifyForeignKeys(
  client: pg.Client,
  schema: string,
  tables: readonly TargetTable[],
  { foreignKeys, unchecked }: { readonly foreignKeys: number; readonly unchecked: number },
): Promise<void> {
  const { rows } = await client.query<{ keys: number; checked: number; invalid: number }>(
    `SELECT count(*) FILTER (WHERE contype = 'f')::int AS keys,
            count(*) FILTER (WHERE contype = 'f' AND convalidated)::int AS checked,
            (SELECT count(*)::int FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
              WHERE c.relnamespace = $1::regnamespace AND NOT (i.indisvalid AND i.indisready)) AS invalid
       FROM pg_constraint WHERE connamespace = $1::regnamespace`,
    [quoted(schema)],
  );
  const [found] = rows;
  if (found?.keys !== foreignKeys || found.checked < foreignKeys - unchecked)
    throw mismatch(`${found?.checked ?? 0} of ${foreignKeys} foreign keys hold`);
  if (found.invalid > 0) throw mismatch(`${found.invalid} indexes are not valid`);
  for (const table of tables) await verifySequence(client, schema, table);
}

async function verifySequence(
  client: pg.Client,
  schema: string,
  { name, source, columns }: TargetTable,
): Promise<void> {
  const column = columns.find((each) => each.source.name === source.rowidColumn);
  if (column?.type !== 'bigint') return;
  const place = `${quoted(schema)}.${quoted(name)}`;
  const { rows } = await client.query<{ is_behind: boolean }>(
    `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(${literal(place)}, ${literal(column.name)})), 0)
            < greatest(coalesce(max(${quoted(column.name)}), 0), $1::bigint) AS is_behind FROM ${place}`,
    [String(source.sequence ?? 0n)],
  );
  if (rows[0]?.is_behind !== false)
    throw mismatch(`the next number of ${JSON.stringify(name)} has been given away already`);
}

function mismatch(detail: string): ReasonError {
  return new ReasonError('COPY_MISMATCH', { detail });
}
