import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { pipelined, type Statement } from './pipeline.js';
import type { TargetTable } from './target-table.js';

/** @throws COPY_TARGET_NOT_EMPTY for a table that has rows which may not be replaced */
export async function refuseNonEmpty(
  client: pg.Client,
  schema: string,
  tables: readonly TargetTable[],
  replace: boolean,
): Promise<void> {
  if (replace) return;
  const filled = tables.filter(({ created }) => !created);
  const asking = filled.map(
    ({ name }) => `SELECT 1 FROM ${quoted(schema)}.${quoted(name)} LIMIT 1`,
  );
  const answers = await pipelined(client, asking);
  const full = filled.find((_, index) => answers[index]?.rowCount !== 0);
  if (full) throw new ReasonError('COPY_TARGET_NOT_EMPTY', { detail: full.name });
}

/** The next number of a table goes on where SQLite would have. */
export async function setSequence(
  client: pg.Client,
  schema: string,
  table: TargetTable,
): Promise<void> {
  for (const statement of settingSequence(schema, table)) await client.query(statement);
}

/** What does the same. @returns nothing for a table that has no numbers */
export function settingSequence(
  schema: string,
  { name, source, columns }: TargetTable,
): readonly Statement[] {
  const column = columns.find((each) => each.source.name === source.rowidColumn);
  if (column?.type !== 'bigint') return [];
  const place = `${quoted(schema)}.${quoted(name)}`;
  return [
    {
      text: `SELECT setval(pg_get_serial_sequence(${literal(place)}, ${literal(column.name)}), last, last > 0)
       FROM (SELECT greatest(coalesce(max(${quoted(column.name)}), 0), $1::bigint) AS last
               FROM ${place}) AS given WHERE last > 0`,
      values: [String(source.sequence ?? 0n)],
    },
  ];
}
