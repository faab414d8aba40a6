import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import type { PostgresBackup } from '../manifest.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

type Tablespaces = NonNullable<PostgresBackup['tablespaces']>;

const RELATIONS = `
SELECT CASE WHEN c.relkind IN ('i', 'I') THEN 'index ' ELSE 'table ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       spcname::text AS tablespace, c.reltablespace <> 0 AS is_named
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_database d ON d.datname = current_database()
  JOIN pg_tablespace s ON s.oid = CASE c.reltablespace WHEN 0 THEN d.dattablespace ELSE c.reltablespace END
 WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND c.relpersistence <> 't' AND ${isUserSchema('n.nspname')}
   AND NOT ${isOfExtension('pg_class', 'c.oid')}
   AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = c.oid AND (NOT x.indisvalid AND c.relkind <> 'I' OR ${isOfExtension('pg_class', 'x.indrelid')}))`;

/** Tables and indexes that are in another tablespace than the database's. */
export async function readTablespaces(client: pg.Client): Promise<Tablespaces> {
  return tablespacesIn(client, 'is_named', []);
}

/** @returns in words, which tablespaces of a backup the role that restores cannot use */
export async function missingTablespaces(
  client: pg.Client,
  backup: Tablespaces | undefined,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ why: string }>(
    `SELECT CASE WHEN s.oid IS NULL THEN 'there is no tablespace ' || name
                 ELSE 'the role ' || current_user || ' may not create anything in the tablespace ' || name END AS why
       FROM (SELECT DISTINCT unnest($1::text[]) AS name) AS needed LEFT JOIN pg_tablespace s ON spcname = name
      WHERE s.oid IS NULL
         OR s.oid <> (SELECT dattablespace FROM pg_database WHERE datname = current_database()) AND NOT has_tablespace_privilege(s.oid, 'CREATE')
      ORDER BY 1`,
    [Object.values(backup ?? {})],
  );
  return rows.map(({ why }) => why);
}

/** @throws RESTORE_MISMATCH */
export async function refuseOtherTablespaces(
  client: pg.Client,
  backup: Tablespaces,
): Promise<void> {
  const restored = await tablespacesIn(client, 'name = ANY ($1)', [Object.keys(backup)]);
  const [name, tablespace] =
    Object.entries(backup).find(([each, expected]) => restored[each] !== expected) ?? [];
  if (name === undefined) return;
  const said = restored[name] === undefined ? 'missing' : `in the tablespace ${restored[name]}`;
  throw new ReasonError('RESTORE_MISMATCH', {
    detail: `the ${name} is ${said}, and was in ${tablespace ?? ''}`,
  });
}

async function tablespacesIn(
  client: pg.Client,
  which: string,
  values: unknown[],
): Promise<Tablespaces> {
  const { rows } = await client.query<{ name: string; tablespace: string }>(
    `SELECT name, tablespace FROM (${RELATIONS}) AS relations WHERE ${which} ORDER BY name`,
    values,
  );
  return Object.fromEntries(rows.map(({ name, tablespace }) => [name, tablespace]));
}
