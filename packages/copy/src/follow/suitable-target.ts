import type pg from 'pg';
import { returnSchema } from '../follow-back/return-sql.js';
import { ReasonError } from '../reasons.js';
import type { FollowedTable } from './followed-table.js';

/** In a table with more rows, those that have changed are not found in time without an index. */
const MAX_ROWS_WITHOUT_INDEX = 50_000;

interface Found {
  readonly name: string;
  readonly triggers: readonly string[];
  /** Names of the columns of each index, where it has no expressions. */
  readonly indexes: readonly (readonly string[])[];
}

/**
 * Rows of a table that exists are put in before the switch and changed until then: what would see them in the middle,
 * or keep them from being found, is refused.
 * @throws COPY_FOLLOW_UNSUITABLE with all that is in the way
 */
export async function refuseUnsuitableTarget(
  client: pg.Client,
  schema: string,
  followed: readonly FollowedTable[],
): Promise<void> {
  const filled = followed.filter(({ table }) => !table.created);
  if (filled.length === 0) return;
  const { rows } = await client.query<Found>(FOUND_SQL, [
    schema,
    filled.map(({ table }) => table.name),
    returnSchema(schema),
  ]);
  const inTheWay = filled.flatMap((each) => {
    const found = rows.find(({ name }) => name === each.table.name);
    return found ? obstacles(each, found) : [];
  });
  if (inTheWay.length === 0) return;
  throw new ReasonError('COPY_FOLLOW_UNSUITABLE', {
    detail: inTheWay.join('; '),
    errors: inTheWay.map((message) => ({ path: schema, message })),
  });
}

function obstacles(
  { table, key }: FollowedTable,
  { name, triggers, indexes }: Found,
): readonly string[] {
  const names = key.map((column) => column.name);
  const isIndexed = indexes.some((columns) =>
    names.every((column) => columns.slice(0, names.length).includes(column)),
  );
  return [
    ...triggers.map(
      (trigger) =>
        `${name} has the trigger or rule ${trigger}, which would see rows that change until the switch: disable it for so long and make what it keeps anew, or stop the program and copy without --follow`,
    ),
    ...(isIndexed || table.content.rows <= MAX_ROWS_WITHOUT_INDEX
      ? []
      : [
          `${name} has no index that begins with its key (${names.join(', ')}), by which rows that have changed are found: make one`,
        ]),
  ];
}

/** Of tables and of their partitions; what follows changes back is put in and taken out by the copy itself. */
const FOUND_SQL = `
WITH part AS (
  SELECT c.oid AS root, c.relname AS name, c.oid AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p')
  UNION
  SELECT c.oid, c.relname, p.relid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
         pg_partition_tree(c.oid) p
   WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind = 'p'
)
SELECT part.name,
       array(SELECT DISTINCT t.tgname::text FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
               JOIN pg_namespace n ON n.oid = f.pronamespace, part AS p
              WHERE p.root = part.root AND t.tgrelid = p.oid AND NOT t.tgisinternal
                AND t.tgenabled IN ('O', 'A') AND t.tgtype & 28 <> 0 AND n.nspname <> $3
              UNION
             SELECT r.rulename::text FROM pg_rewrite r, part AS p
              WHERE p.root = part.root AND r.ev_class = p.oid AND r.ev_enabled IN ('O', 'A')) AS triggers,
       array(SELECT to_jsonb(array(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, at)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE k.at <= i.indnkeyatts ORDER BY k.at))
               FROM pg_index i
              WHERE i.indrelid = part.root AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL) AS indexes
  FROM part WHERE part.root = part.oid`;
