import { createHash } from 'node:crypto';
import type { FollowedTable } from '../follow/followed-table.js';
import { keyNames } from '../follow/journal-sql.js';
import { literal, quoted } from '../sqlite/identifiers.js';

/** Begins the name of everything that following back puts into PostgreSQL. */
const PREFIX = 'holdfast_return';

/** The schema of the journal of a schema that is followed back. */
export function returnSchema(target: string): string {
  return `${PREFIX}_${createHash('sha256').update(target).digest('hex').slice(0, 12)}`;
}

/** The one table in it that is not a table of keys. */
export const STATE_TABLE = 'holdfast_return_state';

/** What writes that come after the return are refused with. */
export const GONE_BACK = 'HOLDFAST_GONE_BACK';

/** Where the keys of a table are that was written to. */
export function keysPlace(journal: string, number: number): string {
  return `${quoted(journal)}.${quoted(`keys_${number}`)}`;
}

const nameOf = (number: number) => `${PREFIX}_${number}`;

/**
 * What writes down the key of each row that is written to, in the transaction of whoever writes. The keys have the
 * types that they have in their table; no number is given to them, so that nothing depends on the order in which
 * transactions end.
 */
export function journalSql(
  journal: string,
  schema: string,
  table: FollowedTable,
): readonly string[] {
  const place = `${quoted(schema)}.${quoted(table.table.name)}`;
  const keys = keysPlace(journal, table.number);
  const columns = table.key.map(({ name }) => quoted(name));
  const names = keyNames(columns.length);
  const selected = columns.map((column, index) => `${column} AS ${names[index] ?? ''}`);
  const trigger = quoted(nameOf(table.number));
  const call = `EXECUTE FUNCTION ${functionOf(journal, table.number)}`;
  return [
    `CREATE TABLE ${keys} AS SELECT ${selected.join(', ')} FROM ${place} WITH NO DATA`,
    // Rows come and go: a table that grew with them would be read as a whole each time.
    `ALTER TABLE ${keys} ADD COLUMN noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
    notingFunction(journal, place, table),
    `CREATE TRIGGER ${trigger} AFTER INSERT OR UPDATE OR DELETE ON ${place} FOR EACH ROW ${call}`,
    `CREATE TRIGGER ${quoted(`${nameOf(table.number)}_truncate`)} BEFORE TRUNCATE ON ${place} FOR EACH STATEMENT ${call}`,
    // Also for what a session writes that replicates or loads.
    ...[trigger, quoted(`${nameOf(table.number)}_truncate`)].map(
      (each) => `ALTER TABLE ${place} ENABLE ALWAYS TRIGGER ${each}`,
    ),
  ];
}

function functionOf(journal: string, number: number): string {
  return `${quoted(journal)}.${quoted(`note_${number}`)}()`;
}

/** With the rights of who has made it: writers need none on the journal. */
function notingFunction(journal: string, place: string, { number, key }: FollowedTable): string {
  const columns = key.map(({ name }) => quoted(name));
  const keys = keysPlace(journal, number);
  const names = keyNames(columns.length).join(', ');
  const of = (row: 'OLD' | 'NEW') => columns.map((column) => `${row}.${column}`).join(', ');
  const write = (row: 'OLD' | 'NEW') => `INSERT INTO ${keys} (${names}) VALUES (${of(row)});`;
  return `CREATE OR REPLACE FUNCTION ${functionOf(journal, number)} RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $holdfast$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO ${keys} (${names}) SELECT ${columns.join(', ')} FROM ${place};
  ELSIF TG_OP = 'DELETE' THEN
    ${write('OLD')}
  ELSE
    IF TG_OP = 'UPDATE' THEN
      IF ROW(${of('OLD')})::record OPERATOR(pg_catalog.*<>) ROW(${of('NEW')})::record THEN ${write('OLD')} END IF;
    END IF;
    ${write('NEW')}
  END IF;
  RETURN NULL;
END $holdfast$`;
}

/** The mark of a table whose data has gone back: without a lock on it that readers would notice. */
export function refusingFunction(journal: string, number: number): string {
  const hint = `The program has gone back to its SQLite file. DROP SCHEMA ${quoted(journal)} CASCADE lets writers in again.`;
  return `CREATE OR REPLACE FUNCTION ${functionOf(journal, number)} RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $holdfast$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = ${literal(GONE_BACK)}, HINT = ${literal(hint)};
END $holdfast$`;
}

/** Columns, types and triggers of the tables, in the order of their names: $1 the schema, $2 the names of tables. */
export const SHAPE_SQL = `
SELECT c.relname AS table, 'column' AS kind, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) || a.attgenerated::text AS what
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE n.nspname = $1 AND c.relname = ANY ($2)
UNION ALL
SELECT c.relname, 'trigger', t.tgname, t.tgenabled::text
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname LIKE '${PREFIX.replaceAll('_', '\\_')}\\_%'
 WHERE n.nspname = $1 AND c.relname = ANY ($2)
ORDER BY 1, 2, 3`;
