import { FIRST_OF_USERS, isUserSchema } from '../user-objects.js';

/** What the server makes with something else, which a dump leaves to it: comments on it are in none. */
const IS_MADE_WITH_ANOTHER = `(
     EXISTS (SELECT FROM pg_constraint k WHERE d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
              AND (NOT k.conislocal OR k.conparentid <> 0) AND k.contype IN ('c', 'f', 'n'))
  OR EXISTS (SELECT FROM pg_trigger g WHERE d.classoid = 'pg_trigger'::regclass AND g.oid = d.objoid AND g.tgparentid <> 0)
  OR EXISTS (SELECT FROM pg_rewrite w WHERE d.classoid = 'pg_rewrite'::regclass AND w.oid = d.objoid AND w.rulename = '_RETURN')
  OR EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE d.classoid = 'pg_type'::regclass AND t.oid = d.objoid
              AND (t.typcategory = 'A' OR t.typtype::text = 'm' OR c.relkind <> 'c')))`;

/**
 * Of what no initdb and no extension has made. Schemas and extensions may have taken the place of its own; those that every
 * database has are not in every dump.
 */
const IN_DUMPS = `(d.objoid >= ${FIRST_OF_USERS} OR d.classoid IN ('pg_largeobject'::regclass, 'pg_extension'::regclass)
       OR d.classoid = 'pg_namespace'::regclass AND ${isUserSchema('i.identity')})
  AND d.classoid <> 'pg_subscription'::regclass AND i.identity NOT IN ('public', 'plpgsql')
  AND (i.schema IS NULL OR ${isUserSchema('i.schema')}) AND i.identity !~ ' on pg_temp'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = d.classoid AND objid = d.objoid AND deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                   WHERE d.classoid = 'pg_class'::regclass AND indexrelid = d.objoid AND NOT indisvalid AND relkind <> 'I')
  AND NOT ${IS_MADE_WITH_ANOTHER}`;

export const COMMENTS: readonly string[] = [
  `SELECT 'comment on ' || i.type || ' ' || i.identity, 0, d.description
     FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i WHERE ${IN_DUMPS}`,
  `SELECT 'security label on ' || i.type || ' ' || i.identity, 0, d.provider || ' ' || d.label
     FROM pg_seclabel d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i WHERE ${IN_DUMPS}`,
];
