import type pg from 'pg';
import { quoted } from '../sqlite/identifiers.js';
import type { TargetTable } from './target-table.js';

/** Where a sequence would have gone on before. */
export interface SequenceBefore {
  /** Quoted, with its schema. */
  readonly sequence: string;
  readonly next: string;
}

interface SequenceRow {
  readonly column: string;
  readonly sequence: string;
}

/**
 * Lets the numbers of a table that existed go on behind those that were copied. In the transaction
 * that is under way, which setval would not be.
 */
export async function advanceSequences(
  client: pg.Client,
  place: string,
  { source, columns }: TargetTable,
): Promise<readonly SequenceBefore[]> {
  const before: SequenceBefore[] = [];
  for (const { column, sequence } of await sequencesOf(client, place)) {
    const isRowid = columns.some(
      (each) => each.name === column && each.source.name === source.rowidColumn,
    );
    const { rows } = await client.query<{ next: string; wanted: string }>(
      `SELECT (CASE WHEN s.is_called THEN s.last_value + q.seqincrement ELSE s.last_value END)::text AS next,
              (greatest(coalesce((SELECT max(${quoted(column)}) FROM ${place}), 0), $2::bigint) + 1)::text AS wanted
         FROM ${sequence} s, pg_sequence q WHERE q.seqrelid = $1::regclass`,
      [sequence, isRowid ? String(source.sequence ?? 0n) : '0'],
    );
    const { next = '0', wanted = '0' } = rows[0] ?? {};
    if (BigInt(wanted) <= BigInt(next)) continue;
    before.push({ sequence, next });
    await restart(client, { sequence, next: wanted });
  }
  return before;
}

export async function restart(
  client: pg.Client,
  { sequence, next }: SequenceBefore,
): Promise<void> {
  await client.query(`ALTER SEQUENCE ${sequence} RESTART WITH ${BigInt(next)}`);
}

async function sequencesOf(client: pg.Client, place: string): Promise<readonly SequenceRow[]> {
  const { rows } = await client.query<SequenceRow>(
    `SELECT attname AS column, pg_get_serial_sequence($1, attname) AS sequence
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        AND pg_get_serial_sequence($1, attname) IS NOT NULL`,
    [place],
  );
  return rows;
}
