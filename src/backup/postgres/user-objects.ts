/** Schemas that are not the server's own. @param schema SQL for a name */
export const isUserSchema = (schema: string): string =>
  `(${schema} !~ '^pg_' AND ${schema} <> 'information_schema')`;

/** What an extension has brought comes with that. @param catalog such as `pg_class` @param oid SQL */
export const isOfExtension = (catalog: string, oid: string): string =>
  `EXISTS (SELECT FROM pg_depend WHERE classid = '${catalog}'::regclass AND objid = ${oid} AND deptype = 'e')`;

/** What initdb makes has smaller numbers. */
export const FIRST_OF_USERS = 16_384;

/**
 * The objects `o` of a catalogue that no initdb and no extension has made, with the names `i` that pg_identify_object gives them.
 * @param catalog such as `pg_cast`
 */
export const userObjects = (catalog: string): string =>
  `${catalog} o CROSS JOIN LATERAL pg_identify_object('${catalog}'::regclass, o.oid, 0) AS i
    WHERE o.oid >= ${FIRST_OF_USERS} AND i.identity IS NOT NULL AND (i.schema IS NULL OR ${isUserSchema('i.schema')})
      AND NOT ${isOfExtension(catalog, 'o.oid')}`;
