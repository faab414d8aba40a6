import { everyObject, identity, rowWithout } from './said.js';

const CHECKS = `(SELECT string_agg(quote_ident(conname) || ' ' || pg_get_constraintdef(k.oid), ', ' ORDER BY conname)
  FROM pg_constraint k WHERE k.contypid = o.oid)`;

const ATTRIBUTES = `(SELECT string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), nullif(attcollation, 0)::regcollation), ', ' ORDER BY attnum)
  FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)`;

const RANGE = `(SELECT concat_ws(' ', format_type(rngsubtype, NULL), nullif(rngcollation, 0)::regcollation, ${identity('pg_opclass', 'rngsubopc')},
    rngcanonical, rngsubdiff, format_type((to_jsonb(r)->>'rngmultitypid')::oid, NULL))
  FROM pg_range r WHERE r.rngtypid = o.oid)`;

export const TYPES: readonly string[] = [
  // Not the types that every table, type and range brings; what an enum has is among the definitions.
  `${everyObject(
    'pg_type',
    `CASE WHEN o.typtype IN ('b', 'p') THEN to_jsonb(o)
       - '{oid,typname,typnamespace,typowner,typrelid,typelem,typarray,typbasetype,typcollation,typdefaultbin,typacl}'::text[] END`,
    `CASE WHEN o.typtype = 'd' THEN concat_ws(' ', CASE WHEN o.typnotnull THEN 'NOT NULL' END, nullif(o.typcollation, 0)::regcollation,
       'DEFAULT ' || pg_get_expr(o.typdefaultbin, 0), ${CHECKS}) END`,
    RANGE,
    `(SELECT ${ATTRIBUTES} FROM pg_class c WHERE c.oid = o.typrelid)`,
  )} AND o.typtype NOT IN ('e', 'm') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = o.oid)
     AND (o.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = o.typrelid AND c.relkind = 'c'))`,
  // Its encoding is that of the database.
  everyObject(
    'pg_collation',
    rowWithout('collname', 'collnamespace', 'collowner', 'collversion', 'collencoding'),
  ),
  everyObject('pg_cast', 'o.castcontext', 'o.castmethod', 'nullif(o.castfunc, 0)::regprocedure'),
  everyObject('pg_conversion', 'o.conproc', 'o.condefault', 'o.conforencoding', 'o.contoencoding'),
  everyObject('pg_transform', 'o.trffromsql', 'o.trftosql'),
];
