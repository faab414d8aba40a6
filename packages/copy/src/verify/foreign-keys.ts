import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { pipelined, type Statement } from '../postgres/pipeline.js';
import type { TargetTable } from '../postgres/target-table.js';

/** What holds the tables of a schema together, as PostgreSQL has it. */
export interface Held extends Constraints {
  /** Tables whose next number would be given a second time. */
  readonly behind: readonly string[];
}

/** Looks at every key and index, every foreign key, and the next numbers. */
export async function readHeld(
  client: pg.Client,
  schema: string,
  tables: readonly TargetTable[],
): Promise<Held> {
  const asked = tables.flatMap((table) => {
    const asking = askingSequence(schema, table);
    return asking ? [{ table, asking }] : [];
  });
  const [constraints, ...answers] = await pipelined(client, [
    { text: CONSTRAINTS_SQL, values: [quoted(schema)] },
    ...asked.map(({ asking }) => asking),
  ]);
  const [found] = (constraints?.rows ?? []) as readonly Constraints[];
  const behind = asked.filter((_, index) => {
    const [row] = (answers[index]?.rows ?? []) as readonly { readonly is_behind: boolean }[];
    return row?.is_behind !== false;
  });
  return {
    ...(found ?? { keys: 0, checked: 0, invalid: 0 }),
    behind: behind.map(({ table }) => table.name),
  };
}

/**
 * Every key and index is to be valid, every foreign key there and checked.
 * @param foreignKeys that were made in all
 * @param unchecked those of them that rows without a counterpart keep from being checked
 * @throws COPY_MISMATCH
 */
export function verifyHeld(
  { keys, checked, invalid, behind: [behind] }: Held,
  { foreignKeys, unchecked }: { readonly foreignKeys: number; readonly unchecked: number },
): void {
  if (keys !== foreignKeys || checked < foreignKeys - unchecked)
    throw mismatch(`${checked} of ${foreignKeys} foreign keys hold`);
  if (invalid > 0) throw mismatch(`${invalid} indexes are not valid`);
  if (behind !== undefined)
    throw mismatch(`the next number of ${JSON.stringify(behind)} has been given away already`);
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
