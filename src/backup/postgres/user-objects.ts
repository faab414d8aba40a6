/** Schemas that are not the server's own. @param schema SQL for a name */
export const isUserSchema = (schema: string): string =>
  `(${schema} !~ '^pg_' AND ${schema} <> 'information_schema')`;

/** What an extension has brought comes with that. @param catalog such as `pg_class` @param oid SQL */
export const isOfExtension = (catalog: string, oid: string): string =>
  `EXISTS (SELECT FROM pg_depend WHERE classid = '${catalog}'::regclass AND objid = ${oid} AND deptype = 'e')`;
