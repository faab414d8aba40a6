import type pg from 'pg';
import type { PostgresBackup } from '../manifest.js';
import { PRIVILEGED } from './privileged.js';

type Rights = NonNullable<PostgresBackup['rights']>;

const DEFAULTS_ON = `CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
  WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' ELSE defaclobjtype::text END`;

/** By a name, an owner whose rights are not told, and who may do what. Of default privileges those of the owner are, too. */
const OBJECTS = `
  SELECT 'database' AS name, datdba AS owner, coalesce(datacl, acldefault('d', datdba)) AS acl
    FROM pg_database WHERE datname = current_database()
   UNION ALL
  SELECT name, owner, coalesce(acl, acldefault(kind, owner)) FROM (${PRIVILEGED}) AS privileged (name, owner, kind, acl, is_in_dumps, is_own)
   WHERE is_in_dumps OR name = ANY ($1)
   UNION ALL
  SELECT 'default privileges of ' || quote_ident(pg_get_userbyid(defaclrole))
           || CASE WHEN defaclnamespace = 0 THEN '' ELSE ' in schema ' || defaclnamespace::regnamespace::text END || ' on ' || ${DEFAULTS_ON},
         NULL, defaclacl FROM pg_default_acl`;

const GIVEN = `CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
  || ' ' || privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`;

/** There may be millions of them. */
const LARGE_OBJECTS = `
  SELECT 'large objects', ${GIVEN} || ' on ' || count(*) || ' of them'
    FROM pg_largeobject_metadata CROSS JOIN LATERAL aclexplode(lomacl) AS given WHERE grantee <> lomowner
   GROUP BY grantee, privilege_type, is_grantable`;

/**
 * By what they are given on, the rights of others than its owner, such as `reader SELECT`.
 * @param client whose names are qualified: see `qualifyNames`
 * @param names of what is asked for whether it is in dumps or not
 */
export async function readRights(
  client: pg.Client,
  names: readonly string[] = [],
): Promise<Rights> {
  const { rows } = await client.query<{ name: string; rights: string[] }>(
    `SELECT name, coalesce(array_agg(DISTINCT right_given ORDER BY right_given) FILTER (WHERE right_given IS NOT NULL), '{}') AS rights
       FROM (SELECT name, ${GIVEN} FROM (${OBJECTS}) AS objects
               LEFT JOIN LATERAL aclexplode(acl) AS given ON grantee IS DISTINCT FROM owner
              UNION ALL ${LARGE_OBJECTS}) AS given_on (name, right_given)
      GROUP BY name ORDER BY name`,
    [names],
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
