/** What the server refuses for reasons that neither the copies of a trial show, nor the names alone. */
export const REFUSED_SCHEMA = `
CREATE TABLE needy (id integer NOT NULL, k integer NOT NULL DEFAULT 1, g integer GENERATED ALWAYS AS IDENTITY, note text NOT NULL);
CREATE TABLE docs (id integer PRIMARY KEY, code text, n integer);
INSERT INTO docs VALUES (1, 'a', 1);
CREATE VIEW shown AS SELECT id, code FROM docs;
CREATE TABLE plain (id integer, note text);
CREATE TABLE ruled (id integer, note text);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE VIEW ruled_view AS SELECT * FROM docs;
CREATE RULE nothing AS ON INSERT TO ruled_view DO INSTEAD NOTHING;
CREATE VIEW telling AS SELECT * FROM docs;
CREATE RULE tells AS ON INSERT TO telling DO INSTEAD INSERT INTO docs VALUES (NEW.id, NEW.code, NEW.n) RETURNING *;
CREATE TABLE parts (id integer NOT NULL) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_others PARTITION OF parts DEFAULT;
CREATE TABLE held (id integer, m integer);
CREATE TABLE holder (r held, n integer);
CREATE TABLE held_in_array (id integer, m integer);
CREATE TABLE holder_of_array (r held_in_array[]);
CREATE POLICY own_rows ON docs USING (true);
CREATE FUNCTION filling() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id = 1; RETURN NEW; END';
CREATE TRIGGER filled BEFORE UPDATE ON docs FOR EACH ROW EXECUTE FUNCTION filling();
CREATE TABLE self_filling (id integer NOT NULL);
CREATE TRIGGER filled BEFORE INSERT ON self_filling FOR EACH ROW EXECUTE FUNCTION filling();
`;

export const REFUSED_STATEMENTS = [
  ['INSERT INTO needy (id) VALUES (1)', 'null-value'],
  ['INSERT INTO needy (id, note) VALUES (1, NULL)', 'null-value'],
  ["INSERT INTO needy (id, note, k) VALUES (1, 'a', DEFAULT), (NULL, 'b', 2)", 'null-value'],
  ['INSERT INTO needy DEFAULT VALUES', 'null-value'],
  ['INSERT INTO needy (id) SELECT 1', 'null-value'],
  ['INSERT INTO needy (id, note) VALUES (1, DEFAULT) ON CONFLICT DO NOTHING', 'null-value'],
  [
    'CREATE TABLE fresh (id integer PRIMARY KEY, note text); INSERT INTO fresh (note) VALUES (1)',
    'null-value',
  ],
  ['INSERT INTO ruled (id) VALUES (1) RETURNING id', 'returning-of-rule'],
  ['INSERT INTO ruled_view (id) VALUES (1) RETURNING id', 'returning-of-rule'],
  [
    'CREATE RULE k AS ON UPDATE TO plain DO INSTEAD NOTHING; UPDATE plain SET id = 1 RETURNING id',
    'returning-of-rule',
  ],
  [
    'CREATE RULE k AS ON DELETE TO plain DO INSTEAD NOTHING; DELETE FROM plain RETURNING id',
    'returning-of-rule',
  ],
  ['SELECT * FROM shown TABLESAMPLE system (10)', 'wrong-kind'],
  [
    'CREATE VIEW fresh AS SELECT * FROM docs; SELECT * FROM fresh TABLESAMPLE system (10)',
    'wrong-kind',
  ],
  ['COPY docs (id, no_such) TO STDOUT', 'no-column'],
  ['COPY docs (id, id) TO STDOUT', 'column-twice'],
  ['COPY no_such TO STDOUT', 'no-table'],
  ['ALTER POLICY no_such ON docs USING (true)', 'no-policy'],
  ['DROP POLICY own_rows ON docs; ALTER POLICY own_rows ON docs USING (true)', 'no-policy'],
  ['ALTER TRIGGER no_such ON docs RENAME TO k', 'no-trigger'],
  ['ALTER RULE no_such ON docs RENAME TO k', 'no-rule'],
  ['ALTER TABLE docs DISABLE TRIGGER no_such', 'no-trigger'],
  ['ALTER TABLE docs DISABLE RULE no_such', 'no-rule'],
  ['ALTER TABLE held ADD COLUMN k integer DEFAULT 1', 'rows-held'],
  ['ALTER TABLE held ADD COLUMN k serial', 'rows-held'],
  ['ALTER TABLE held ALTER COLUMN m TYPE bigint', 'rows-held'],
  ['ALTER TABLE held_in_array ALTER COLUMN m TYPE text', 'rows-held'],
  ['CREATE TABLE fresh (r plain); ALTER TABLE plain ALTER COLUMN id TYPE bigint', 'rows-held'],
] as const;

export const TAKEN_STATEMENTS = [
  "INSERT INTO needy (id, note) VALUES (1, 'a')",
  "INSERT INTO needy VALUES (1, 2, DEFAULT, 'a')",
  'INSERT INTO needy (id) SELECT id FROM plain',
  'INSERT INTO needy (id) SELECT 1 WHERE false',
  'INSERT INTO needy (id) SELECT generate_series(1, 0)',
  'INSERT INTO self_filling DEFAULT VALUES',
  "ALTER TABLE needy ALTER COLUMN note SET DEFAULT 'x'; INSERT INTO needy (id) VALUES (1)",
  'ALTER TABLE needy ALTER COLUMN note DROP NOT NULL; INSERT INTO needy (id) VALUES (1)',
  'INSERT INTO ruled (id) VALUES (1)',
  'INSERT INTO telling (id) VALUES (2) RETURNING id',
  'DROP RULE nothing ON ruled; INSERT INTO ruled (id) VALUES (1) RETURNING id',
  'SELECT * FROM docs TABLESAMPLE system (10)',
  'COPY docs (id, code) TO STDOUT',
  'ALTER POLICY own_rows ON docs USING (id > 0)',
  'ALTER TABLE docs DISABLE TRIGGER filled; ALTER TABLE docs DISABLE TRIGGER ALL',
  'ALTER TABLE held ADD COLUMN k integer',
  'ALTER TABLE held ALTER COLUMN m SET NOT NULL',
  'DROP TABLE holder; ALTER TABLE held ADD COLUMN k integer DEFAULT 1',
  'ALTER TABLE holder DROP COLUMN r; ALTER TABLE held ADD COLUMN k integer DEFAULT 1',
  'ALTER TABLE parts DETACH PARTITION parts_1',
] as const;
