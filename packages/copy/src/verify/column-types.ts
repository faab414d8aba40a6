import type pg from 'pg';
import { quoted } from '../sqlite/identifiers.js';
import type { TargetTable } from '../postgres/target-table.js';

/**
 * Whether the columns have the types that the values were made for: another one may write them alike.
 * @returns the first difference, for people; undefined for none
 */
export async function typeDifference(
  client: pg.Client,
  schema: string,
  { name, columns }: TargetTable,
): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [`${quoted(schema)}.${quoted(name)}`],
  );
  const types = new Map(rows.map((row) => [row.name, row.type]));
  const other = columns.find((column) => types.get(column.name) !== column.declaredType);
  return (
    other &&
    `column ${other.name} is ${types.get(other.name) ?? 'missing'}, not ${other.declaredType}`
  );
}
