/** Holdfast's own tables that say what has been done with a database: no service writes to them. */
export const HISTORY_TABLES = ['holdfast_migrations', 'holdfast_identity'] as const;

/** What a role may do beyond what a service does; in words, for commands alone. */
export interface ExcessRights {
  /** `may make tables` */
  readonly found: readonly string[];
  /** Of `HISTORY_TABLES`, those that it may write to, though they are another's. */
  readonly history: readonly string[];
}

/** One row of `EXCESS_RIGHTS`. */
export interface ExcessRow {
  readonly superuser: boolean;
  /** Of the role's attributes and of rights on the database and the schema. */
  readonly may: readonly string[];
  readonly owned: readonly string[];
  readonly truncated: readonly string[];
  readonly history: readonly string[];
}

/** Nothing is too much. */
export const NO_EXCESS: ExcessRights = { found: [], history: [] };

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];
const holds = (right: string) => `has_table_privilege(at, '${right}')`;
const names = (condition: string) =>
  `ARRAY(SELECT relname::text FROM needed WHERE ${condition} ORDER BY 1)`;
const own = HISTORY_TABLES.map((name) => `'${name}'`).join(', ');

/** Parameter: the names of the tables that the service uses, an array. Reads catalogues and opens no table. */
export const EXCESS_RIGHTS = `
WITH needed AS (
  SELECT c.oid AS at, c.relname, pg_has_role(c.relowner, 'usage') AS owned
    FROM unnest($1::text[]) AS name JOIN pg_class c ON c.oid = to_regclass(quote_ident(name))
)
SELECT rolsuper AS superuser,
       ARRAY(SELECT what FROM (VALUES
         ('make roles', rolcreaterole), ('make databases', rolcreatedb),
         ('replicate the server', rolreplication), ('pass by row-level security', rolbypassrls),
         ('make schemas', has_database_privilege(current_database(), 'CREATE')),
         ('make tables', coalesce(has_schema_privilege(current_schema(), 'CREATE'), false))
       ) AS known (what, may) WHERE may) AS may,
       ${names('owned')} AS owned,
       ${names(`NOT owned AND ${holds('TRUNCATE')}`)} AS truncated,
       ${names(`NOT owned AND relname IN (${own}) AND (${WRITES.map(holds).join(' OR ')} OR has_any_column_privilege(at, 'INSERT, UPDATE'))`)} AS history
  FROM pg_roles WHERE rolname = current_user`;

export function judgeExcess({
  superuser,
  may,
  owned,
  truncated,
  history,
}: ExcessRow): ExcessRights {
  if (superuser) return { found: ['is a superuser'], history: [] };
  return {
    found: [
      ...may.map((what) => `may ${what}`),
      ...(owned.length > 0 ? [`owns ${owned.length} tables, and may change and drop them`] : []),
      ...(truncated.length > 0 ? [`may truncate ${truncated.join(', ')}`] : []),
      ...(history.length > 0 ? [`may write ${history.join(', ')}`] : []),
    ],
    history,
  };
}
