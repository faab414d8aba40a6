import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { TargetTable } from './target-table.js';

interface Lacking {
  readonly role: string;
  readonly lacking: readonly string[];
}

/**
 * Finds the rights that a copy will need and its role does not have, before it begins.
 * @param replace what is there is taken out
 * @param follows rows are changed and removed after they were put in
 * @throws COPY_REFUSED with all of them
 */
export async function refuseWithoutRights(
  client: pg.Client,
  schema: string,
  tables: readonly TargetTable[],
  replace: boolean,
  follows = false,
): Promise<void> {
  const makes = tables.some(({ created }) => created);
  const filled = tables.filter(({ created }) => !created).map(({ name }) => name);
  // To lock out writers takes one of them.
  const changes = replace ? 'TRUNCATE' : 'UPDATE, DELETE, TRUNCATE';
  const onTables = ['SELECT', 'INSERT', changes, ...(follows ? ['UPDATE', 'DELETE'] : [])];
  const { rows } = await client.query<Lacking>(
    `WITH needed (what, granted) AS (
       SELECT 'CREATE on the database ' || current_database(),
              has_database_privilege(current_database(), 'CREATE')
        UNION ALL
       SELECT v.privilege || ' on the schema ' || n.nspname, has_schema_privilege(n.oid, v.privilege)
         FROM pg_namespace n, unnest(ARRAY['USAGE', 'CREATE']) AS v (privilege)
        WHERE n.nspname = $1 AND (v.privilege = 'USAGE' OR $2)
        UNION ALL
       SELECT replace(v.privileges, ', ', ' or ') || ' on the table ' || c.relname,
              has_table_privilege(c.oid, v.privileges)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
              unnest($4::text[]) AS v (privileges)
        WHERE n.nspname = $1 AND c.relname = ANY ($3) AND c.relkind IN ('r', 'p')
     )
     SELECT current_user AS role, array_agg(what) AS lacking FROM needed WHERE NOT granted
     HAVING count(*) > 0`,
    [schema, makes, filled, onTables],
  );
  const [found] = rows;
  if (!found) return;
  throw new ReasonError('COPY_REFUSED', {
    detail: `the role ${found.role} lacks ${found.lacking.join('; ')}`,
  });
}
