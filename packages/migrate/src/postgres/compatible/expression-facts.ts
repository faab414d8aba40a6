/** What the server computes of each row that is written. */
export interface ExpressionFacts {
  /** In words: the index by its name, or the column. */
  readonly name: string;
  readonly text: string;
  /** All that says for which rows it is computed: another index may leave out those for which it fails. */
  readonly whole: string;
  /** Of the column that it fills; null for an index, which takes any. */
  readonly type: string | null;
  /** Of the column: it takes no NULL. */
  readonly required: boolean;
  /** It calls what is not PostgreSQL's own. */
  readonly foreign: boolean;
}

/** @param of the object that depends on it */
const isForeign = (kind: string, of: string) => `EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = '${kind}'::regclass AND d.objid = ${of}
     AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass))`;

/** Of the table `at`: a JSON list. Those of whole columns alone have none. */
export const EXPRESSIONS = `coalesce((SELECT json_agg(made ORDER BY made.name, made.text) FROM (
  SELECT 'the index ' || x.relname AS name, part.text,
         regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '') AS whole, NULL AS type, false AS required,
         ${isForeign('pg_class', 'i.indexrelid')} AS foreign
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
         CROSS JOIN LATERAL (
           SELECT pg_get_indexdef(i.indexrelid, place, false) AS text
             FROM generate_series(1, i.indnkeyatts) AS place WHERE i.indkey[place - 1] = 0
           UNION ALL SELECT pg_get_expr(i.indpred, at) WHERE i.indpred IS NOT NULL) part
   WHERE i.indrelid = at
  UNION ALL
  SELECT 'the column ' || a.attname, pg_get_expr(e.adbin, at), pg_get_expr(e.adbin, at), format_type(a.atttypid, a.atttypmod),
         a.attnotnull, ${isForeign('pg_attrdef', 'e.oid')}
    FROM pg_attribute a JOIN pg_attrdef e ON e.adrelid = at AND e.adnum = a.attnum
   WHERE a.attrelid = at AND a.attgenerated <> '' AND NOT a.attisdropped) made), '[]')`;
