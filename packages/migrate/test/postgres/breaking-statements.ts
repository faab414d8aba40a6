/**
 * On the tables of `LOCKED_SCHEMA` and `FAILING_SCHEMA`: a migration, and what a running build sends that
 * works before and not after it.
 */
export const BREAKING_STATEMENTS = [
  ['ALTER TABLE orders DROP COLUMN note', 'SELECT note FROM orders'],
  ['ALTER TABLE orders RENAME COLUMN note TO remark', 'SELECT note FROM orders'],
  ['ALTER TABLE orders RENAME TO purchases', 'SELECT 1 FROM orders'],
  ['ALTER TABLE loose SET SCHEMA audit', 'SELECT 1 FROM loose'],
  ['DROP TABLE loose', 'INSERT INTO loose VALUES (9)'],
  ['DROP VIEW order_codes', 'SELECT 1 FROM order_codes'],
  ['DROP MATERIALIZED VIEW order_counts', 'SELECT 1 FROM order_counts'],
  ['DROP SEQUENCE counter CASCADE', "SELECT nextval('counter')"],
  ['DROP FUNCTION lasting()', 'SELECT lasting()'],
  ['DROP TYPE size CASCADE', "SELECT 'small'::size"],
  ['DROP SCHEMA audit CASCADE', 'SELECT 1 FROM audit.log'],
  ['ALTER SCHEMA audit RENAME TO checks', 'SELECT 1 FROM audit.log'],
  ['ALTER TYPE size RENAME TO magnitude', "SELECT 'small'::size"],
  ["ALTER TYPE size RENAME VALUE 'small' TO 'little'", "SELECT 'small'::size"],
  ['ALTER TABLE empty ADD COLUMN a integer NOT NULL', "INSERT INTO empty VALUES (1, 'x')"],
  ['ALTER TABLE empty ALTER COLUMN note SET NOT NULL', 'INSERT INTO empty (id) VALUES (1)'],
  ['ALTER TABLE empty ADD CONSTRAINT k NOT NULL note', 'INSERT INTO empty (id) VALUES (1)'],
  ['ALTER TABLE empty ADD CHECK (id > 5)', 'INSERT INTO empty (id) VALUES (1)'],
  ['ALTER TABLE empty ADD CHECK (id > 5) NOT VALID', 'INSERT INTO empty (id) VALUES (1)'],
  ['ALTER TABLE empty ADD UNIQUE (id)', 'INSERT INTO empty (id) VALUES (1), (1)'],
  ['CREATE UNIQUE INDEX fresh ON empty (id)', 'INSERT INTO empty (id) VALUES (1), (1)'],
  ['ALTER TABLE empty ADD PRIMARY KEY (id)', 'INSERT INTO empty (id) VALUES (1), (1)'],
  [
    'ALTER TABLE empty ADD FOREIGN KEY (id) REFERENCES owners NOT VALID',
    'INSERT INTO empty (id) VALUES (77)',
  ],
  [
    'ALTER TABLE owners DROP CONSTRAINT owners_pkey CASCADE',
    "INSERT INTO owners VALUES (1, 'x') ON CONFLICT (id) DO NOTHING",
  ],
  ['DROP INDEX counting_by_id', 'INSERT INTO counting (id) VALUES (1) ON CONFLICT (id) DO NOTHING'],
  ['ALTER TABLE empty ALTER COLUMN note TYPE integer USING 1', "INSERT INTO empty VALUES (1, 'x')"],
  ['ALTER TABLE empty ALTER COLUMN note TYPE varchar(2)', "INSERT INTO empty VALUES (1, 'xyz')"],
  [
    'ALTER TABLE counting ALTER COLUMN turn SET GENERATED ALWAYS',
    'INSERT INTO counting (id, turn) VALUES (1, 1)',
  ],
  ['ALTER TABLE counting ALTER COLUMN turn DROP IDENTITY', 'INSERT INTO counting (id) VALUES (1)'],
  ['ALTER TABLE counting ALTER COLUMN n DROP DEFAULT', 'INSERT INTO counting (id) VALUES (1)'],
  ['ALTER DOMAIN positive ADD CHECK (VALUE > 5)', 'SELECT 1::positive'],
  ['REVOKE SELECT ON counting FROM CURRENT_USER', undefined],
  ['ALTER TABLE counting ENABLE ROW LEVEL SECURITY', undefined],
  [
    'CREATE RULE fresh AS ON INSERT TO empty DO INSTEAD NOTHING',
    'INSERT INTO empty (id) VALUES (1) RETURNING id',
  ],
  [
    'CREATE RULE fresh AS ON UPDATE TO loose WHERE old.id > 1 DO INSTEAD NOTHING',
    'WITH set AS (UPDATE loose SET id = 9 RETURNING id) SELECT 1 / count(*) FROM set',
  ],
  [
    'CREATE RULE fresh AS ON DELETE TO loose DO INSTEAD UPDATE loose SET id = 0',
    'DELETE FROM loose RETURNING id',
  ],
  ['DROP RULE scratch_rule ON scratch', "COMMENT ON RULE scratch_rule ON scratch IS 'x'"],
  ['DROP POLICY orders_policy ON orders', "COMMENT ON POLICY orders_policy ON orders IS 'x'"],
  [
    'CREATE UNIQUE INDEX fresh ON owners (name)',
    "INSERT INTO owners (id, name) VALUES (8, 'x'), (9, 'x')",
  ],
  [
    'CREATE UNIQUE INDEX fresh ON deferring (id)',
    'INSERT INTO deferring VALUES (1), (1); DELETE FROM deferring',
  ],
  [
    'CREATE UNIQUE INDEX fresh ON counting (id) NULLS NOT DISTINCT',
    'INSERT INTO counting (n) VALUES (1), (2)',
  ],
  [
    'CREATE UNIQUE INDEX fresh ON worded (word COLLATE careless)',
    "INSERT INTO worded VALUES ('a'), ('A')",
  ],
  [
    'ALTER TABLE counting ADD PRIMARY KEY USING INDEX counting_by_id',
    'INSERT INTO counting (n) VALUES (1)',
  ],
  [
    'ALTER TABLE orders RENAME note TO a; ALTER TABLE orders RENAME a TO b',
    'SELECT note FROM orders',
  ],
  [
    'ALTER TABLE orders RENAME note TO a; ALTER TABLE orders RENAME made_at TO note',
    'SELECT made_at FROM orders',
  ],
  ['ALTER TABLE loose RENAME TO a; CREATE TABLE loose (n text)', 'SELECT id FROM loose'],
  [
    'ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT id FROM a',
    'INSERT INTO empty (id, note) VALUES (1, NULL)',
  ],
  [
    'ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT id AS note, note AS id FROM a',
    "INSERT INTO empty (note) VALUES ('x')",
  ],
  [
    'ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT DISTINCT id, note FROM a',
    'INSERT INTO empty (id) VALUES (1)',
  ],
  [
    'ALTER TABLE empty RENAME note TO remark; ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT * FROM a',
    'INSERT INTO empty (id, note) VALUES (1, NULL)',
  ],
  [
    'CREATE UNIQUE INDEX fresh ON counting (id, n); DROP INDEX counting_by_id',
    'INSERT INTO counting (id) VALUES (1) ON CONFLICT (id) DO NOTHING',
  ],
  ['TRUNCATE loose', 'SELECT 1 / count(*) FROM loose'],
  ['ALTER TABLE events DETACH PARTITION events_1', 'SELECT 1 / count(*) FROM events'],
  ['DROP TRIGGER orders_change ON orders', "COMMENT ON TRIGGER orders_change ON orders IS 'x'"],
] as const;

export const BREAKING_SCHEMA = `
CREATE TABLE counting (
  id integer, n integer NOT NULL DEFAULT 0, turn integer GENERATED BY DEFAULT AS IDENTITY
);
CREATE UNIQUE INDEX counting_by_id ON counting (id);
CREATE TABLE deferring (id integer NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE worded (word text NOT NULL UNIQUE);
`;

/** A migration that running builds do not notice, and what they send that works before and after it. */
export const BEARABLE_STATEMENTS = [
  ['ALTER TABLE empty ADD COLUMN a integer', "INSERT INTO empty VALUES (1, 'x')"],
  [
    'ALTER TABLE empty ADD COLUMN a integer NOT NULL DEFAULT 1',
    "INSERT INTO empty VALUES (1, 'x')",
  ],
  ['ALTER TABLE empty ADD COLUMN a bigserial', "INSERT INTO empty VALUES (1, 'x')"],
  [
    'ALTER TABLE empty ADD COLUMN a integer, ADD CONSTRAINT k CHECK (a > 0)',
    "INSERT INTO empty VALUES (1, 'x')",
  ],
  [
    'ALTER TABLE empty ADD COLUMN a integer; CREATE UNIQUE INDEX fresh ON empty (a)',
    "INSERT INTO empty VALUES (1, 'x'), (2, 'x')",
  ],
  ['ALTER TABLE empty ADD COLUMN a integer REFERENCES owners', "INSERT INTO empty VALUES (1, 'x')"],
  ['ALTER TABLE orders ALTER COLUMN label TYPE varchar(50)', "UPDATE orders SET label = 'x'"],
  ['ALTER TABLE orders ALTER COLUMN label TYPE text', "UPDATE orders SET label = 'x'"],
  ['ALTER TABLE orders ALTER COLUMN price TYPE numeric(12,2)', 'UPDATE orders SET price = 1.25'],
  ['ALTER TABLE orders ALTER COLUMN note SET DEFAULT 1', 'UPDATE orders SET note = NULL'],
  ['ALTER TABLE orders VALIDATE CONSTRAINT later', 'UPDATE orders SET quantity = 7'],
  ['ALTER TABLE orders DROP CONSTRAINT later', 'UPDATE orders SET quantity = 7'],
  ['CREATE INDEX fresh ON orders (note)', "UPDATE orders SET note = 'x'"],
  ['DROP INDEX orders_by_quantity', 'SELECT 1 FROM orders'],
  ['ALTER INDEX orders_by_quantity RENAME TO other', 'SELECT 1 FROM orders'],
  ['CREATE TABLE fresh (id integer REFERENCES owners)', 'INSERT INTO owners VALUES (77)'],
  ['CREATE UNIQUE INDEX fresh ON owners (id)', "UPDATE owners SET name = 'x'"],
  ['CREATE UNIQUE INDEX fresh ON owners (id, name)', "UPDATE owners SET name = 'x'"],
  [
    'CREATE UNIQUE INDEX fresh ON owners (lower(name), id) WHERE region > 1',
    "UPDATE owners SET name = 'x'",
  ],
  ['CREATE UNIQUE INDEX fresh ON owners (id) NULLS NOT DISTINCT', "UPDATE owners SET name = 'x'"],
  ['CREATE UNIQUE INDEX fresh ON counting (n, id)', 'INSERT INTO counting (n) VALUES (1), (1)'],
  ['ALTER TABLE owners ADD UNIQUE (id)', "UPDATE owners SET name = 'x'"],
  ['ALTER TABLE worded ADD PRIMARY KEY (word)', "INSERT INTO worded VALUES ('a')"],
  [
    'ALTER TABLE orders RENAME note TO a; ALTER TABLE orders RENAME a TO note',
    'SELECT note FROM orders',
  ],
  [
    'ALTER TABLE orders RENAME note TO a; ALTER TABLE orders RENAME a TO b; ALTER TABLE orders RENAME b TO note',
    'SELECT note FROM orders',
  ],
  ['ALTER TABLE loose RENAME TO a; ALTER TABLE a RENAME TO loose', 'SELECT 1 FROM loose'],
  [
    'ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT * FROM a',
    'INSERT INTO empty (id, note) VALUES (1, NULL) RETURNING id',
  ],
  [
    'ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT a.note, a.id FROM a',
    'INSERT INTO empty (id, note) VALUES (1, NULL) RETURNING id',
  ],
  [
    'ALTER TABLE empty RENAME note TO remark; ALTER TABLE empty RENAME TO a; CREATE VIEW empty AS SELECT id, remark AS note FROM a',
    'INSERT INTO empty (id, note) VALUES (1, NULL) RETURNING note',
  ],
  [
    'ALTER TABLE public.loose RENAME TO a; ALTER TABLE public.a RENAME TO loose',
    'SELECT 1 FROM loose',
  ],
  [
    'ALTER TABLE loose SET SCHEMA audit; ALTER TABLE audit.loose SET SCHEMA public',
    'SELECT 1 FROM loose',
  ],
  [
    'ALTER VIEW order_codes RENAME TO a; ALTER VIEW a RENAME TO order_codes',
    'SELECT 1 FROM order_codes',
  ],
  ['ALTER TYPE size RENAME TO a; ALTER TYPE a RENAME TO size', "SELECT 'small'::size"],
  [
    "ALTER TYPE size RENAME VALUE 'small' TO 'a'; ALTER TYPE size RENAME VALUE 'a' TO 'small'",
    "SELECT 'small'::size",
  ],
  ['ALTER SCHEMA audit RENAME TO a; ALTER SCHEMA a RENAME TO audit', 'SELECT 1 FROM audit.log'],
  ['CREATE TABLE fresh (id integer); DROP TABLE fresh', 'SELECT 1'],
  [
    'CREATE UNIQUE INDEX fresh ON counting (id); DROP INDEX counting_by_id',
    'INSERT INTO counting (id) VALUES (1) ON CONFLICT (id) DO NOTHING',
  ],
  ['DROP RULE IF EXISTS not_there ON orders', 'SELECT 1 FROM orders'],
  ['DROP TRIGGER IF EXISTS not_there ON orders', 'UPDATE orders SET label = NULL'],
  ['DROP POLICY IF EXISTS not_there ON orders', 'SELECT 1 FROM orders'],
  [
    'CREATE RULE fresh AS ON INSERT TO empty WHERE false DO INSTEAD NOTHING',
    'INSERT INTO empty VALUES (1)',
  ],
  [
    'CREATE RULE fresh AS ON INSERT TO empty DO ALSO NOTHING; DROP RULE fresh ON empty',
    'INSERT INTO empty VALUES (1)',
  ],
  ['ALTER TRIGGER orders_change ON orders RENAME TO other', 'UPDATE orders SET label = NULL'],
  ["ALTER TYPE size ADD VALUE 'vast'", "SELECT 'small'::size"],
  ['GRANT SELECT ON orders TO PUBLIC', 'SELECT 1 FROM orders'],
] as const;
