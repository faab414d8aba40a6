import { FIRST_OF_USERS, isOfExtension, isUserSchema } from './user-objects.js';

/**
 * Rights that are others than initdb or CREATE EXTENSION has given: a dump has those of what it does not make, too.
 * @param object SQL for its number
 * @param column SQL for the column's
 */
const isChanged = (catalog: string, acl: string, object: string, column = '0'): string =>
  `${acl} IS DISTINCT FROM (SELECT initprivs FROM pg_init_privs
     WHERE classoid = '${catalog}'::regclass AND objoid = ${object} AND objsubid = ${column})`;

/** Three columns: the list, whether it is in dumps, and whether the object is. @param isOwn SQL: whether nobody else has made the object */
const listed = (catalog: string, acl: string, object: string, isOwn: string): string =>
  `${acl}, ${isOwn} OR ${acl} IS NOT NULL AND ${isChanged(catalog, acl, object)}, ${isOwn}`;

const inUserSchema = (catalog: string, object: string): string =>
  `(${isUserSchema('n.nspname')} AND NOT ${isOfExtension(catalog, object)})`;

const isLater = (catalog: string): string =>
  `(o.oid >= ${FIRST_OF_USERS} AND NOT ${isOfExtension(catalog, 'o.oid')})`;

const IS_LASTING = `n.nspname !~ '^pg_(?:temp|toast)'`;

/**
 * What rights are given on: of each a name, its owner, of which kind the list is, that, null for the built-in one, and
 * whether it is in dumps, and whether the object is.
 */
export const PRIVILEGED = `
  SELECT 'schema ' || quote_ident(nspname) AS name, nspowner AS owner, 'n'::"char" AS kind,
         ${listed('pg_namespace', 'nspacl', 'n.oid', inUserSchema('pg_namespace', 'n.oid'))}
    FROM pg_namespace n WHERE ${IS_LASTING}
   UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || quote_ident(nspname) || '.' || quote_ident(relname),
         relowner, CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END,
         ${listed('pg_class', 'relacl', 'c.oid', inUserSchema('pg_class', 'c.oid'))}
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't' AND ${IS_LASTING}
   UNION ALL
  SELECT 'column ' || quote_ident(nspname) || '.' || quote_ident(relname) || '.' || quote_ident(attname), relowner, 'c',
         attacl, ${isChanged('pg_class', 'attacl', 'c.oid', 'attnum')}, ${inUserSchema('pg_class', 'c.oid')}
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE attacl IS NOT NULL AND NOT attisdropped AND ${IS_LASTING}
   UNION ALL
  SELECT 'function ' || p.oid::regprocedure::text, proowner, 'f',
         ${listed('pg_proc', 'proacl', 'p.oid', inUserSchema('pg_proc', 'p.oid'))}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${IS_LASTING}
   UNION ALL
  SELECT 'type ' || format_type(t.oid, NULL), typowner, 'T',
         ${listed('pg_type', 'typacl', 't.oid', inUserSchema('pg_type', 't.oid'))}
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE typtype <> 'm' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
     AND (typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND relkind = 'c')) AND ${IS_LASTING}
   UNION ALL
  SELECT 'language ' || quote_ident(lanname), lanowner, 'l', ${listed('pg_language', 'lanacl', 'o.oid', isLater('pg_language'))}
    FROM pg_language o
   UNION ALL
  SELECT 'foreign-data wrapper ' || quote_ident(fdwname), fdwowner, 'F',
         ${listed('pg_foreign_data_wrapper', 'fdwacl', 'o.oid', isLater('pg_foreign_data_wrapper'))}
    FROM pg_foreign_data_wrapper o
   UNION ALL
  SELECT 'server ' || quote_ident(srvname), srvowner, 'S',
         ${listed('pg_foreign_server', 'srvacl', 'o.oid', isLater('pg_foreign_server'))}
    FROM pg_foreign_server o`;

/** By their catalogues, the columns with the owners of what no rights can be given on, and the schemas'. */
const OWNED: Readonly<Record<string, readonly [owner: string, schema?: string]>> = {
  pg_collation: ['collowner', 'collnamespace'],
  pg_conversion: ['conowner', 'connamespace'],
  pg_operator: ['oprowner', 'oprnamespace'],
  pg_opclass: ['opcowner', 'opcnamespace'],
  pg_opfamily: ['opfowner', 'opfnamespace'],
  pg_statistic_ext: ['stxowner', 'stxnamespace'],
  pg_ts_dict: ['dictowner', 'dictnamespace'],
  pg_ts_config: ['cfgowner', 'cfgnamespace'],
  pg_event_trigger: ['evtowner'],
  pg_publication: ['pubowner'],
};

/** The owners of all that a dump has, and what they have given: to whom a restore with rights has to give it. */
export const OWNERS = [
  `SELECT acl, CASE WHEN is_own THEN owner END FROM (${PRIVILEGED}) AS privileged (name, owner, kind, acl, is_in_dumps, is_own) WHERE is_in_dumps`,
  'SELECT defaclacl, defaclrole FROM pg_default_acl',
  'SELECT lomacl, lomowner FROM pg_largeobject_metadata',
  ...Object.entries(OWNED).map(
    ([catalog, [owner, schema]]) =>
      `SELECT NULL, ${owner} FROM ${catalog} o
        WHERE o.oid >= ${FIRST_OF_USERS} AND NOT ${isOfExtension(catalog, 'o.oid')}
          AND ${schema === undefined ? 'true' : `(SELECT nspname !~ '^pg_temp' FROM pg_namespace WHERE oid = ${schema})`}`,
  ),
].join('\n UNION ALL\n');
