import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { pipelined, type Statement } from '../postgres/pipeline.js';
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
  const asked = tables.flatMap((table) => {
    const asking = askingSequence(schema, table);
    return asking ? [{ table, asking }] : [];
  });
  const [constraints, ...answers] = await pipelined(client, [
    { text: CONSTRAINTS_SQL, values: [quoted(schema)] },
    ...asked.map(({ asking }) => asking),
  ]);
  const [found] = (constraints?.rows ?? []) as readonly Constraints[];
  if (found?.keys !== foreignKeys || found.checked < foreignKeys - unchecked)
    throw mismatch(`${found?.checked ?? 0} of ${foreignKeys} foreign keys hold`);
  if (found.invalid > 0) throw mismatch(`${found.invalid} indexes are not valid`);
  for (const [index, { table }] of asked.entries()) {
    const [row] = (answers[index]?.rows ?? []) as readonly { readonly is_behind: boolean }[];
    if (row?.is_behind !== false)
      throw mismatch(
        `the next number of ${JSON.stringify(table.name)} has been given away already`,
      );
  }
}

interface Constraints {
  readonly keys: number;
  readonly checked: number;
  /** Of the indexes. */
  readonly invalid: number;
}

const CONSTRAINTS_SQL = `
SELECT count(*) FILTER (WHERE contype = 'f')::int AS keys,
       count(*) FILTER (WHERE contype = 'f' AND convalidated)::int AS checked,
       (SELECT count(*)::int FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relnamespace = $1::regnamespace AND NOT (i.indisvalid AND i.indisready)) AS invalid
  FROM pg_constraint WHERE connamespace = $1::regnamespace`;

/** @returns undefined for a table that has no numbers */
function askingSequence(
  schema: string,
  { name, source, columns }: TargetTable,
): Statement | undefined {
  const column = columns.find((each) => each.source.name === source.rowidColumn);
  if (column?.type !== 'bigint') return undefined;
  const place = `${quoted(schema)}.${quoted(name)}`;
  return {
    text: `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(${literal(place)}, ${literal(column.name)})), 0)
            < greatest(coalesce(max(${quoted(column.name)}), 0), $1::bigint) AS is_behind FROM ${place}`,
    values: [String(source.sequence ?? 0n)],
  };
}

function mismatch(detail: string): ReasonError {
  return new ReasonError('COPY_MISMATCH', { detail });
}
