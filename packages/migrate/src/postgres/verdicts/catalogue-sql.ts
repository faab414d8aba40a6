const NAMES_OF = (relation: string, keys: string) =>
  `(SELECT coalesce(jsonb_agg(a.attname ORDER BY n.place), '[]')
      FROM unnest(${keys}) WITH ORDINALITY AS n (attnum, place)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = n.attnum)`;

/** Also by way of an array, a domain or a composite type. */
const ROW_USERS = `(
  WITH RECURSIVE held (oid) AS (
    SELECT t.oid FROM pg_type t WHERE t.typrelid = c.oid
    UNION SELECT CASE WHEN d.classid = 'pg_type'::regclass THEN d.objid ELSE o.reltype END
      FROM held JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = held.oid
      LEFT JOIN pg_class o ON d.classid = 'pg_class'::regclass AND o.oid = d.objid AND o.relkind = 'c'
     WHERE d.classid = 'pg_type'::regclass OR o.oid IS NOT NULL
  ) SELECT coalesce(jsonb_agg(jsonb_build_object('oid', o.oid::int8, 'table', o.oid::regclass::text, 'column', a.attname)), '[]')
      FROM held JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = held.oid AND d.classid = 'pg_class'::regclass
      JOIN pg_class o ON o.oid = d.objid AND o.relkind IN ('r', 'p', 'm')
      JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.objsubid AND NOT a.attisdropped)`;

/** What the database knows of relations ($1, as `to_regclass` takes them) and types ($2), with the conditions of CHECKs where $3 says so. */
export const CATALOGUE = `
WITH named AS (
  SELECT name, to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name
), known AS (
  SELECT name, oid FROM named
  UNION SELECT k.confrelid::regclass::text, k.confrelid FROM named JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = named.oid
  UNION SELECT i.indrelid::regclass::text, i.indrelid FROM named JOIN pg_index i ON i.indexrelid = named.oid
  UNION SELECT a.oid::regclass::text, a.oid FROM (
    WITH RECURSIVE above AS (
      SELECT i.inhparent AS oid FROM named JOIN pg_inherits i ON i.inhrelid = named.oid
      UNION SELECT i.inhparent FROM above JOIN pg_inherits i ON i.inhrelid = above.oid
    ) SELECT oid FROM above) AS a
), asked AS (
  SELECT DISTINCT c.oid, c.relkind, c.relnamespace, c.relpersistence FROM known JOIN pg_class c ON c.oid = known.oid
), hanging (oid, what, attname, key, by, part, default_of) AS (
  SELECT d.refobjid, 'view ' || r.ev_class::regclass::text, a.attname, NULL::text, r.ev_class, NULL::text, NULL::text
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid
    JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> asked.oid
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
  UNION
  SELECT d.refobjid, 'generated column ' || g.attname, a.attname, NULL, e.adrelid, NULL, g.attname
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid AND d.refobjsubid > 0
    JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid AND e.adrelid = asked.oid
    JOIN pg_attribute g ON g.attrelid = e.adrelid AND g.attnum = e.adnum AND g.attgenerated <> '' AND g.attnum <> d.refobjsubid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  UNION
  SELECT k.confrelid, format('foreign key %s of %s', k.conname, k.conrelid::regclass), a.attname, x.relname, k.conrelid, k.conname, NULL
    FROM asked JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = asked.oid AND k.conrelid <> asked.oid
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
    LEFT JOIN pg_class x ON x.oid = k.conindid
  UNION
  SELECT d.refobjid, 'column ' || e.adrelid::regclass || '.' || a.attname, NULL, NULL, e.adrelid, NULL, a.attname
    FROM asked JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = asked.oid AND asked.relkind = 'S'
    JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
    JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  UNION
  SELECT i.inhparent, 'table ' || i.inhrelid::regclass, NULL, NULL, i.inhrelid, NULL, NULL
    FROM asked JOIN pg_inherits i ON i.inhparent = asked.oid JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
), relations AS (
  SELECT c.oid, jsonb_build_object(
    'oid', c.oid::int8, 'table', c.oid::regclass::text, 'kind', c.relkind,
    'inPath', c.relnamespace = current_schema()::regnamespace OR c.relpersistence = 't',
    'indexOf', (SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = c.oid),
    'parents', (SELECT coalesce(jsonb_agg(inhparent::int8), '[]') FROM pg_inherits WHERE inhrelid = c.oid),
    'isPartition', (SELECT relispartition FROM pg_class p WHERE p.oid = c.oid),
    'hasDefaultPartition', EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND p.partdefid <> 0),
    'isOfServer', c.relnamespace = 'pg_catalog'::regnamespace,
    'rowUsers', ${ROW_USERS},
    'insteadOf', (SELECT coalesce(jsonb_object_agg(w.rulename, jsonb_build_object(
        'event', CASE w.ev_type WHEN '2' THEN 'update' WHEN '3' THEN 'insert' WHEN '4' THEN 'delete' END,
        'returns', pg_get_ruledef(w.oid) ~* '\\mRETURNING\\M')), '{}')
      FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.is_instead AND w.ev_type <> '1'),
    'columns', (SELECT coalesce(jsonb_object_agg(a.attname, jsonb_build_object('position', a.attnum, 'type', t.typname,
        'modifiers', coalesce(string_to_array(
          substring(format_type(a.atttypid, a.atttypmod) FROM '[(]([0-9,]+)[)]'), ',')::int[], '{}'),
        'notNull', a.attnotnull, 'hasDefault', a.atthasdef, 'identity', a.attidentity <> '',
        'generated', a.attgenerated <> '', 'inherited', a.attinhcount, 'isLocal', a.attislocal)), '{}')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'constraints', (SELECT coalesce(jsonb_object_agg(k.conname, jsonb_build_object(
        'type', k.contype, 'valid', k.convalidated, 'inherited', k.coninhcount, 'isLocal', k.conislocal, 'columns', ${NAMES_OF('k.conrelid', 'k.conkey')},
        'check', CASE WHEN $3::boolean AND k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
        'references', CASE WHEN k.contype = 'f' THEN jsonb_build_object(
          'table', k.confrelid::regclass::text, 'columns', ${NAMES_OF('k.confrelid', 'k.confkey')}) END)), '{}')
      FROM pg_constraint k WHERE k.conrelid = c.oid),
    'indexes', (SELECT coalesce(jsonb_object_agg(x.relname, jsonb_build_object(
        'unique', i.indisunique, 'valid', i.indisvalid, 'deferrable', NOT i.indimmediate,
        'constraint', (SELECT conname FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')),
        'columns', CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL
          THEN ${NAMES_OF('c.oid', 'i.indkey::int2[]')} END)), '{}')
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid),
    'dependents', (SELECT coalesce(jsonb_agg(jsonb_build_object('what', what, 'column', attname, 'index', key,
        'by', jsonb_build_object('oid', by::int8, 'constraint', part, 'column', default_of))), '[]')
      FROM hanging WHERE hanging.oid = c.oid),
    'attached', (SELECT coalesce(jsonb_agg(what), '[]') FROM (
      SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
      UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = c.oid
      UNION ALL SELECT 'policy ' || polname FROM pg_policy WHERE polrelid = c.oid) AS all_of_it (what))) AS facts
    FROM asked c
)
SELECT jsonb_build_object(
  'relations', (SELECT coalesce(jsonb_object_agg(name, facts), '{}') FROM known LEFT JOIN relations USING (oid)),
  'types', (SELECT coalesce(jsonb_object_agg(name, facts), '{}') FROM (
    SELECT name, (SELECT jsonb_build_object(
      'labels', (SELECT coalesce(jsonb_agg(e.enumlabel), '[]') FROM pg_enum e
        JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = name),
      'schemas', (SELECT jsonb_agg(DISTINCT n.nspname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = name),
      'usedBy', (SELECT coalesce(jsonb_agg(DISTINCT a.attrelid::regclass || '.' || a.attname), '[]')
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
       WHERE name IN (t.typname, substring(t.typname FROM 2)) AND t.typnamespace <> 'pg_catalog'::regnamespace
         AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND t.typrelid <> c.oid),
      'domain', (SELECT jsonb_build_object(
          'base', format_type(t.typbasetype, t.typtypmod),
          'checks', (SELECT coalesce(jsonb_object_agg(k.conname, jsonb_build_object(
              'check', CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, 0) END, 'valid', k.convalidated)), '{}')
            FROM pg_constraint k WHERE k.contypid = t.oid),
          'columns', (WITH RECURSIVE own (oid) AS (
              SELECT t.oid UNION SELECT d.oid FROM pg_type d JOIN own ON d.typbasetype = own.oid AND d.typtype = 'd')
            SELECT coalesce(jsonb_agg(jsonb_build_object('table', a.attrelid::regclass::text, 'column', a.attname)), '[]')
              FROM own JOIN pg_attribute a ON a.atttypid = own.oid JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relkind IN ('r', 'm') AND NOT a.attisdropped),
          'arrays', (SELECT coalesce(jsonb_agg(a.attrelid::regclass || '.' || a.attname), '[]')
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           WHERE a.atttypid = t.typarray AND c.relkind IN ('r', 'p', 'm') AND NOT a.attisdropped))
        FROM pg_type t WHERE t.typname = name AND t.typtype = 'd' ORDER BY pg_type_is_visible(t.oid) DESC LIMIT 1))
      WHERE EXISTS (SELECT FROM pg_type WHERE typname = name)) AS facts
      FROM unnest($2::text[]) AS name) AS named_types),
  'schemas', (SELECT jsonb_agg(nspname) FROM pg_namespace),
  'currentSchema', coalesce(current_schema(), '')
) AS known`;
