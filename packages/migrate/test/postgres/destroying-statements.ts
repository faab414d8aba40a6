/** One table of many types, filled. */
export const DESTROYING_SCHEMA = `
CREATE TABLE kept (
  id integer PRIMARY KEY, whole bigint, exact numeric(10,4), rough double precision, code varchar(20),
  at timestamptz, plain timestamp, document json, note text, span interval
);
CREATE SEQUENCE counted_far START 100;
SELECT nextval('counted_far'), setval('counted_far', 200);
INSERT INTO kept VALUES (1, 5, 1.2345, 1.23456789012345, 'abcdef', '2024-05-06 07:08:09.123456+00',
  '2024-05-06 07:08:09.123456', '{"b":1, "a":2}', '12', '1 day 02:03:04.567');
`;

/** A migration, and a query whose answer is another afterwards. */
export const DESTROYING_STATEMENTS = [
  ['DROP TABLE kept', 'SELECT count(*) FROM kept'],
  ['DROP TABLE kept; CREATE TABLE kept (id integer)', 'SELECT count(*) FROM kept'],
  ['ALTER TABLE kept DROP COLUMN note', 'SELECT note FROM kept'],
  ['ALTER TABLE kept DROP note, ADD COLUMN note text', 'SELECT note FROM kept'],
  ['TRUNCATE kept', 'SELECT count(*) FROM kept'],
  ['DELETE FROM kept', 'SELECT count(*) FROM kept'],
  ['DELETE FROM kept WHERE 1 = 1', 'SELECT count(*) FROM kept'],
  ['DELETE FROM kept WHERE id = 1', 'SELECT count(*) FROM kept'],
  [
    'MERGE INTO kept USING owners ON kept.id = owners.id WHEN MATCHED THEN DELETE',
    'SELECT count(*) FROM kept',
  ],
  ["UPDATE kept SET note = 'x'", 'SELECT note FROM kept'],
  ...[
    'true',
    "'yes'",
    "'t'::boolean",
    '1 = 1 AND NOT false',
    'id IS NOT NULL',
    'kept.id = id',
    'id >= id OR note IS NULL',
    'id IS NOT DISTINCT FROM id',
    'NULL IS NULL',
    '(id = id) IS TRUE',
    "id IS NULL OR 'a' <> 'b'",
  ].flatMap((always) => [
    [`UPDATE kept SET note = 'x' WHERE ${always}`, 'SELECT note FROM kept'] as const,
    [`DELETE FROM kept WHERE ${always}`, 'SELECT count(*) FROM kept'] as const,
  ]),
  ["UPDATE kept SET note = 'x' FROM owners WHERE kept.id IS NOT NULL", 'SELECT note FROM kept'],
  ["UPDATE kept AS k SET note = 'x' FROM owners WHERE k.id = k.id", 'SELECT note FROM kept'],
  [
    "INSERT INTO kept (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'x'",
    'SELECT note FROM kept',
  ],
  [
    'INSERT INTO kept (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = excluded.note WHERE kept.id IS NOT NULL',
    'SELECT note FROM kept',
  ],
  [
    "MERGE INTO kept USING owners ON kept.id = owners.id WHEN MATCHED THEN UPDATE SET note = 'x'",
    'SELECT note FROM kept',
  ],
  [
    'MERGE INTO kept AS k USING (SELECT 1 AS id) AS one ON true WHEN MATCHED AND k.id = k.id THEN DELETE',
    'SELECT count(*) FROM kept',
  ],
  [
    'MERGE INTO kept USING owners ON false WHEN NOT MATCHED BY SOURCE THEN DELETE',
    'SELECT count(*) FROM kept',
  ],
  ['COPY (DELETE FROM kept RETURNING id) TO STDOUT', 'SELECT count(*) FROM kept'],
  [
    'INSERT INTO empty (id) VALUES (1); DELETE FROM kept; DELETE FROM empty',
    'SELECT count(*) FROM kept',
  ],
  ['WITH gone AS (DELETE FROM kept RETURNING id) SELECT * FROM gone', 'SELECT count(*) FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN exact TYPE numeric(10,2)', 'SELECT exact::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN exact TYPE integer', 'SELECT exact::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN rough TYPE real', 'SELECT rough::float8 AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN rough TYPE bigint', 'SELECT rough::float8 AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN at TYPE date', 'SELECT at::timestamptz::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN at TYPE timestamptz(0)', 'SELECT at::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN plain TYPE time', 'SELECT plain::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN document TYPE jsonb', 'SELECT document::text AS v FROM kept'],
  [
    'ALTER TABLE kept ALTER COLUMN code TYPE varchar(3) USING code::varchar(3)',
    'SELECT code FROM kept',
  ],
  ['ALTER TABLE kept ALTER COLUMN code TYPE text USING left(code, 2)', 'SELECT code FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN whole TYPE integer USING 0', 'SELECT whole::int AS v FROM kept'],
  ['DROP SCHEMA audit CASCADE', 'SELECT count(*) FROM audit.log'],
  ['DROP TYPE size CASCADE', 'SELECT kind FROM doubles'],
  ['DROP DOMAIN counted CASCADE', 'SELECT number FROM doubles'],
  ['DROP SEQUENCE counter CASCADE', 'SELECT last_value FROM counter'],
  ['ALTER SEQUENCE counted_far RESTART', 'SELECT last_value FROM counted_far'],
  ["SELECT setval('counted_far', 5)", 'SELECT last_value FROM counted_far'],
] as const;

/** A migration that loses nothing, and a query whose answer stays. */
export const KEEPING_STATEMENTS = [
  ['ALTER TABLE kept ALTER COLUMN exact TYPE numeric(20,4)', 'SELECT exact::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN exact TYPE numeric', 'SELECT exact::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN whole TYPE numeric', 'SELECT whole::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN whole TYPE integer', 'SELECT whole::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN id TYPE bigint', 'SELECT id::text AS v FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN code TYPE text', 'SELECT code FROM kept'],
  ['ALTER TABLE kept ALTER COLUMN code TYPE varchar(6)', 'SELECT code FROM kept'],
  [
    'ALTER TABLE kept ALTER COLUMN note TYPE integer USING note::integer',
    'SELECT note::text AS v FROM kept',
  ],
  ['ALTER TABLE kept ADD COLUMN more text; UPDATE kept SET more = note', 'SELECT note FROM kept'],
  [
    'ALTER TABLE kept ADD COLUMN more text; ALTER TABLE kept DROP COLUMN more',
    'SELECT note FROM kept',
  ],
  ["UPDATE kept SET note = 'x' WHERE note IS NULL", 'SELECT note FROM kept'],
  ...[
    'false',
    'NULL',
    '1 = 2',
    "'f'::boolean",
    'id IS NULL',
    'id <> id',
    'note < note',
    'NOT (id = id)',
    'note IS DISTINCT FROM note',
    "note = 'x' AND 2 < 1",
  ].map((never) => [`DELETE FROM kept WHERE ${never}`, 'SELECT count(*) FROM kept'] as const),
  ['UPDATE kept SET note = note, code = kept.code', 'SELECT note, code FROM kept'],
  [
    "INSERT INTO kept (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE false",
    'SELECT note FROM kept',
  ],
  ['INSERT INTO kept (id) VALUES (1) ON CONFLICT (id) DO NOTHING', 'SELECT note FROM kept'],
  [
    "MERGE INTO kept USING owners ON kept.id = owners.id WHEN MATCHED AND false THEN UPDATE SET note = 'x' WHEN NOT MATCHED BY SOURCE AND kept.id IS NULL THEN DELETE",
    'SELECT note FROM kept',
  ],
  ['MERGE INTO kept USING owners ON false WHEN MATCHED THEN DELETE', 'SELECT note FROM kept'],
  ...[
    'DROP TABLE empty',
    'TRUNCATE empty',
    'DELETE FROM empty',
    'DELETE FROM empty WHERE id > 1',
    'UPDATE empty SET note = 1',
    'ALTER TABLE empty DROP COLUMN note',
    'ALTER TABLE empty ALTER COLUMN note TYPE varchar(1) USING left(note, 1)',
    'MERGE INTO empty USING owners ON empty.id = owners.id WHEN MATCHED THEN DELETE',
  ].map((sql) => [sql, 'SELECT count(*) FROM kept'] as const),
  [
    'CREATE TABLE fresh AS SELECT * FROM kept; DELETE FROM fresh; DROP TABLE fresh',
    'SELECT note FROM kept',
  ],
  ['ALTER TABLE kept ALTER COLUMN code SET STATISTICS 200', 'SELECT code FROM kept'],
  ['ALTER SEQUENCE counted_far INCREMENT BY 2', 'SELECT last_value FROM counted_far'],
  ['EXPLAIN DELETE FROM kept', 'SELECT note FROM kept'],
  ['CREATE RULE fresh AS ON DELETE TO kept DO ALSO DELETE FROM loose', 'SELECT note FROM kept'],
  [
    'CREATE FUNCTION fresh() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM kept; END',
    'SELECT note FROM kept',
  ],
  ['DROP INDEX orders_by_quantity', 'SELECT count(*) FROM orders'],
  ['DROP VIEW order_codes', 'SELECT code FROM orders'],
  ['DROP MATERIALIZED VIEW order_counts', 'SELECT count(*) FROM owners'],
] as const;
