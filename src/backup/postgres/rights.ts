import type pg from 'pg';
import type { PostgresBackup } from '../manifest.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

type Rights = NonNullable<PostgresBackup['rights']>;

/** What rights are given on: by a name, its owner and who may do what. A null list is that of the built-in defaults. */
const OBJECTS = `
  SELECT 'database' AS name, datdba AS owner, coalesce(datacl, acldefault('d', datdba)) AS acl
    FROM pg_database WHERE datname = current_database()
   UNION ALL
  SELECT 'schema ' || quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace n WHERE ${isUserSchema('nspname')} AND NOT ${isOfExtension('pg_namespace', 'n.oid')}
   UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || quote_ident(nspname) || '.' || quote_ident(relname),
         relowner, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, relowner))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
     AND ${isUserSchema('nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}
   UNION ALL
  SELECT 'function ' || p.oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE ${isUserSchema('nspname')} AND NOT ${isOfExtension('pg_proc', 'p.oid')}`;

/**
 * By what they are given on, the rights of others than its owner, such as `reader SELECT`.
 * @param client whose names are qualified: see `qualifyNames`
 */
export async function readRights(client: pg.Client): Promise<Rights> {
  const { rows } = await client.query<{ name: string; rights: string[] }>(
    `SELECT name, coalesce(array_agg(DISTINCT right_given ORDER BY right_given) FILTER (WHERE right_given IS NOT NULL), '{}') AS rights
       FROM (SELECT name, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
                          || ' ' || privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS right_given
               FROM (${OBJECTS}) AS objects
               LEFT JOIN LATERAL aclexplode(acl) AS given ON grantee <> owner) AS given_on
      GROUP BY name ORDER BY name`,
  );
  return Object.fromEntries(rows.map(({ name, rights }) => [name, rights]));
}

/** Who may write those could rewrite what has been done: they are told first. */
function isHistory(name: string): boolean {
  return name === 'database' || name.includes('.holdfast_');
}

/** Objects that are told by their names; of the others, how many there are. */
const MOST_TOLD = 5;

/**
 * What rights of others are more, or less, than were backed up: by default privileges of the role that restores, which
 * nothing in a dump takes back, and by those of the database, which no dump has.
 * @returns in words; undefined where there is no difference
 */
export function rightsThatDiffer(backedUp: Rights, restored: Rights): string | undefined {
  const names = Object.keys(backedUp).toSorted(
    (a, b) => Number(isHistory(b)) - Number(isHistory(a)),
  );
  const differing = names.flatMap((name) => {
    const before = backedUp[name] ?? [];
    const after = restored[name] ?? [];
    const more = after.filter((right) => !before.includes(right)).map((right) => `+${right}`);
    const less = before.filter((right) => !after.includes(right)).map((right) => `-${right}`);
    return more.length + less.length === 0 ? [] : [`${name}: ${[...more, ...less].join(', ')}`];
  });
  if (differing.length === 0) return undefined;
  const rest = differing.length - MOST_TOLD;
  const others = rest > 0 ? [`and ${rest} more`] : [];
  return [...differing.slice(0, MOST_TOLD), ...others].join('; ');
}
