import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { TargetTable } from './target-table.js';

/** A right that a role does not have. */
interface Lacking {
  readonly role: string;
  readonly what: string;
  /** Undefined for one that every copy needs. */
  readonly needed_by: string | null;
}

/** Stands for tables that are made, which no table that exists is called. */
const MAKING = '';

/** What a copy may need and its role does not have, of a schema and of all tables in it. */
export type LackingRights = readonly Lacking[];

/**
 * @param replace what is there is taken out
 * @param follows rows are changed and removed after they were put in
 */
export async function lackingRights(
  client: pg.Client,
  schema: string,
  { replace, follows = false }: { readonly replace: boolean; readonly follows?: boolean },
): Promise<LackingRights> {
  // To lock out writers takes one of them.
  const changes = replace ? 'TRUNCATE' : 'UPDATE, DELETE, TRUNCATE';
  const onTables = ['SELECT', 'INSERT', changes, ...(follows ? ['UPDATE', 'DELETE'] : [])];
  const { rows } = await client.query<Lacking>(
    `WITH rights (what, needed_by, granted) AS (
       SELECT 'CREATE on the database ' || current_database(), NULL::text,
              has_database_privilege(current_database(), 'CREATE')
        UNION ALL
       SELECT v.privilege || ' on the schema ' || n.nspname, v.needed_by,
              has_schema_privilege(n.oid, v.privilege)
         FROM pg_namespace n, (VALUES ('USAGE', NULL), ('CREATE', '${MAKING}')) AS v (privilege, needed_by)
        WHERE n.nspname = $1
        UNION ALL
       SELECT replace(v.privileges, ', ', ' or ') || ' on the table ' || c.relname, c.relname,
              has_table_privilege(c.oid, v.privileges)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
              unnest($2::text[]) AS v (privileges)
        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
     )
     SELECT current_user AS role, what, needed_by FROM rights WHERE NOT granted`,
    [schema, onTables],
  );
  return rows;
}

/** Before a copy begins. @throws COPY_REFUSED with all rights that it will need and its role does not have */
export function refuseWithoutRights(lacking: LackingRights, tables: readonly TargetTable[]): void {
  const needing = new Set(tables.map(({ name, created }) => (created ? MAKING : name)));
  const needed = lacking.filter(({ needed_by: by }) => by === null || needing.has(by));
  const [first] = needed;
  if (!first) return;
  throw new ReasonError('COPY_REFUSED', {
    detail: `the role ${first.role} lacks ${needed.map(({ what }) => what).join('; ')}`,
  });
}
