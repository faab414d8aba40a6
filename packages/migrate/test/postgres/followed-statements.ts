/** Tables whose names, keys and parts statements change for each other. */
export const FOLLOWED_SCHEMA = `
CREATE TABLE parent (id integer PRIMARY KEY, x integer, CONSTRAINT x_pos CHECK (x > 0));
CREATE TABLE child (own text) INHERITS (parent);
INSERT INTO child VALUES (1, 1, 'a');
CREATE TABLE parts (id integer NOT NULL, x integer, CONSTRAINT px CHECK (x > 0)) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_d PARTITION OF parts DEFAULT;
CREATE TABLE docs (id integer PRIMARY KEY, code text UNIQUE, n integer);
INSERT INTO docs VALUES (1, 'a', 1);
CREATE TABLE doc_lines (id serial PRIMARY KEY, doc integer REFERENCES docs, note text);
INSERT INTO doc_lines (doc) VALUES (1);
CREATE VIEW a AS SELECT id, code FROM docs;
CREATE VIEW b AS SELECT id FROM a;
CREATE TYPE t AS ENUM ('x', 'y');
CREATE DOMAIN dt AS text CHECK (VALUE <> '');
CREATE TABLE with_t (id integer, t t, d dt, note text);
INSERT INTO with_t VALUES (1, 'x', 'd');

CREATE VIEW shows_t AS SELECT t FROM with_t;
CREATE FUNCTION takes_t(t) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE SCHEMA s;
CREATE TABLE s.k (id integer PRIMARY KEY);
CREATE TYPE s.kind AS ENUM ('a');
CREATE SEQUENCE s.sq;
CREATE VIEW over_s AS SELECT id FROM s.k;
CREATE TABLE of_s (id integer, kind s.kind, k integer REFERENCES s.k);
CREATE INDEX ON docs (n);
CREATE INDEX docs_named ON docs (n, id);
CREATE SEQUENCE owned; CREATE TABLE owner (id integer DEFAULT nextval('owned'), note text);
ALTER SEQUENCE owned OWNED BY owner.id;
CREATE SEQUENCE loose_seq; CREATE TABLE uses_seq (id integer DEFAULT nextval('loose_seq'), m integer);
CREATE TABLE real (id integer NOT NULL, note text);
CREATE TABLE public.pg_class (id integer, note text);
CREATE TABLE two_keys (id integer PRIMARY KEY, alt integer NOT NULL CONSTRAINT alt_key UNIQUE);
ALTER TABLE two_keys ADD CONSTRAINT id_again UNIQUE (id);
INSERT INTO two_keys VALUES (1, 1);
INSERT INTO parent VALUES (2, 2);
CREATE TABLE refers (id integer REFERENCES two_keys, m integer);
CREATE TABLE needy (id integer NOT NULL, k integer NOT NULL DEFAULT 1, g integer GENERATED ALWAYS AS IDENTITY, note text NOT NULL);
CREATE TABLE empty_t (id integer, note text);
CREATE TABLE ruled (id integer, note text);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE VIEW ruled_view AS SELECT * FROM docs;
CREATE RULE nothing AS ON INSERT TO ruled_view DO INSTEAD NOTHING;
CREATE TABLE rowt (id integer, m integer);
CREATE TABLE of_rowt (r rowt);
INSERT INTO of_rowt VALUES (NULL);
CREATE TABLE fkp (id integer, d integer CONSTRAINT fkp_d REFERENCES docs) PARTITION BY LIST (id);
CREATE TABLE fkp_1 PARTITION OF fkp FOR VALUES IN (1);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON docs USING (true);
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON docs FOR EACH ROW EXECUTE FUNCTION trg();
`;

/** Statements of one migration, of which the server takes all, or all but the last. */
export const FOLLOWED = [
  // What a parent drops, its children lose.
  'ALTER TABLE parent DROP CONSTRAINT x_pos; ALTER TABLE child ADD CONSTRAINT x_pos CHECK (x > 0)',
  'ALTER TABLE parts DROP COLUMN x; ALTER TABLE parts_1 DROP COLUMN x',
  'ALTER TABLE parts DROP CONSTRAINT px; ALTER TABLE parts_1 ADD CONSTRAINT px CHECK (x > 0)',
  'ALTER TABLE parent ADD COLUMN y integer; ALTER TABLE child DROP COLUMN y',
  'ALTER TABLE parent ADD COLUMN y integer; ALTER TABLE child ADD COLUMN y integer',
  'ALTER TABLE parent RENAME COLUMN x TO z; ALTER TABLE child ADD COLUMN x integer; SELECT z FROM child',
  'ALTER TABLE parent ADD CONSTRAINT y CHECK (id > 0); ALTER TABLE child ADD CONSTRAINT y CHECK (id > 1)',
  'ALTER TABLE parent RENAME CONSTRAINT x_pos TO zz; ALTER TABLE child ADD CONSTRAINT x_pos CHECK (x > 0)',
  // CASCADE, and what goes with it.
  "DROP TYPE t CASCADE; CREATE TYPE t AS ENUM ('z'); ALTER TABLE with_t ADD COLUMN t t; CREATE VIEW shows_t AS SELECT t FROM with_t",
  'DROP DOMAIN dt CASCADE; ALTER TABLE with_t ADD COLUMN d text',
  "DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE TYPE s.kind AS ENUM ('b'); CREATE SEQUENCE s.sq",
  'DROP TABLE parent CASCADE; CREATE TABLE child (id integer)',
  'DROP SEQUENCE loose_seq CASCADE; ALTER TABLE uses_seq ALTER COLUMN id DROP DEFAULT; CREATE SEQUENCE loose_seq',
  // Names that the server gives.
  'ALTER INDEX docs_n_idx RENAME TO zz; DROP INDEX public.zz',
  'CREATE INDEX ON docs (code, n); ALTER INDEX docs_code_n_idx RENAME TO zz; DROP INDEX public.zz',
  'CREATE INDEX ON docs (code, n); DROP INDEX docs_code_n_idx',
  'ALTER INDEX docs_n_idx RENAME TO zz; DROP INDEX zz',
  'ALTER INDEX public.docs_n_idx RENAME TO zz; DROP INDEX public.zz',
  'CREATE TABLE f (id integer); CREATE INDEX ON f (id); ALTER INDEX f_id_idx RENAME TO zz; DROP INDEX public.zz; CREATE INDEX f_id_idx ON f (id)',
  'CREATE TABLE f (id integer UNIQUE); ALTER INDEX f_id_key RENAME TO zz; ALTER TABLE f DROP CONSTRAINT zz',
  'ALTER INDEX docs_code_key RENAME TO zz; ALTER TABLE docs DROP CONSTRAINT zz',
  'CREATE TABLE f (id serial); ALTER SEQUENCE f_id_seq RENAME TO zz; ALTER TABLE f ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE public.zz',
  // Sequences that go with their columns.
  'CREATE TABLE f (id serial); DROP TABLE f; CREATE SEQUENCE f_id_seq',
  'CREATE TABLE f (id serial, m integer); ALTER TABLE f DROP COLUMN id; CREATE SEQUENCE f_id_seq',
  // Temporary relations over lasting ones.
  "CREATE TEMP TABLE real (other text); INSERT INTO real (other) VALUES ('x'); DROP TABLE real; INSERT INTO real (id, note) VALUES (1, 'x')",
  'CREATE TEMP TABLE real (other text); SELECT other FROM real',
  'CREATE TEMP TABLE real (other text); ALTER TABLE real ADD COLUMN note text; ALTER TABLE public.real ADD COLUMN other text',
  'CREATE TEMP VIEW real AS SELECT 1 AS one; SELECT one FROM real',
  'CREATE TEMP TABLE real AS SELECT 1 AS one; SELECT one FROM real',
  // Names of the server's own relations.
  'ALTER TABLE public.pg_class ADD COLUMN k integer',
  'SELECT note FROM public.pg_class',
  'SELECT oid FROM pg_class',
  'DROP TABLE public.pg_class; CREATE TABLE public.pg_class (id integer)',
  'CREATE TABLE public.pg_type (id integer); INSERT INTO public.pg_type VALUES (1)',
  'CREATE TABLE pg_attribute (id integer)',
  // The key that a foreign key needs.
  'ALTER TABLE two_keys DROP CONSTRAINT id_again',
  'ALTER TABLE two_keys DROP CONSTRAINT two_keys_pkey',
  'ALTER TABLE two_keys DROP CONSTRAINT two_keys_pkey CASCADE; ALTER TABLE refers ADD CONSTRAINT refers_id_fkey FOREIGN KEY (id) REFERENCES two_keys (id)',
  'ALTER TABLE refers DROP CONSTRAINT refers_id_fkey; ALTER TABLE two_keys DROP CONSTRAINT two_keys_pkey',
  'ALTER TABLE refers DROP COLUMN id; ALTER TABLE two_keys DROP CONSTRAINT two_keys_pkey',
  'ALTER TABLE refers DROP COLUMN id; DROP TABLE two_keys',
  // Names that a table leaves free.
  'DROP TABLE docs CASCADE; CREATE INDEX docs_named ON real (id); CREATE TABLE docs_pkey (id integer)',
  'DROP TABLE doc_lines; CREATE INDEX doc_lines_pkey ON real (id)',
  'DROP TABLE two_keys CASCADE; ALTER TABLE real ADD CONSTRAINT alt_key UNIQUE (id)',
  'CREATE TABLE f (id integer PRIMARY KEY); CREATE INDEX fi ON f (id); DROP TABLE f; CREATE TABLE fi (id integer); CREATE TABLE f_pkey (id integer)',
  'CREATE TABLE f (id integer PRIMARY KEY); CREATE TABLE f_pkey (id integer)',
  "CREATE TABLE f (id integer); CREATE TYPE f AS ENUM ('a')",
  'DROP TABLE of_rowt; DROP TABLE rowt; CREATE TYPE rowt AS (id integer)',
  // Defaults that need a sequence.
  'ALTER TABLE uses_seq ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE loose_seq',
  'ALTER TABLE uses_seq ALTER COLUMN id SET DEFAULT 1; DROP SEQUENCE loose_seq',
  'ALTER TABLE uses_seq DROP COLUMN id; DROP SEQUENCE loose_seq',
  'DROP TABLE uses_seq; DROP SEQUENCE loose_seq',
  'ALTER TABLE uses_seq RENAME TO other; ALTER TABLE other ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE loose_seq',
  "ALTER TABLE uses_seq ALTER COLUMN m SET DEFAULT nextval('loose_seq'); ALTER TABLE uses_seq ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE loose_seq",
  "CREATE SEQUENCE q; ALTER TABLE uses_seq ALTER COLUMN m SET DEFAULT nextval('q'); DROP SEQUENCE q",
  // Values for columns that take no NULL.
  'INSERT INTO needy VALUES (1)',
  'INSERT INTO needy (id) SELECT id FROM empty_t',
  'INSERT INTO needy (id) SELECT id FROM docs',
  'INSERT INTO needy (id) SELECT id FROM docs LIMIT 1',
  'INSERT INTO needy (id) SELECT id FROM docs WHERE n = 1 UNION SELECT 2',
  'INSERT INTO needy (id, note) SELECT id, code FROM docs',
  'INSERT INTO needy SELECT * FROM real',
  'INSERT INTO two_keys SELECT id FROM docs',
  'INSERT INTO two_keys VALUES (7, 7)',
  'ALTER TABLE two_keys RENAME COLUMN id TO key; INSERT INTO two_keys VALUES (7, 7)',
  'CREATE TABLE f (a integer NOT NULL, b text); ALTER TABLE f RENAME COLUMN a TO c; INSERT INTO f VALUES (1)',
  'INSERT INTO doc_lines (note) VALUES (NULL)',
  'INSERT INTO empty_t SELECT generate_series(1, 2)',
  'DELETE FROM two_keys WHERE false; INSERT INTO needy (id, note) SELECT id, NULL FROM two_keys',
  'INSERT INTO needy (id) SELECT id FROM docs WHERE id = 7',
  'INSERT INTO needy (id, note) SELECT id, NULL FROM docs',
  'INSERT INTO needy (id, note) SELECT 1, NULL WHERE false',
  'INSERT INTO needy (id, note) VALUES (1, DEFAULT)',
  'INSERT INTO needy (id) VALUES (1) ON CONFLICT DO NOTHING',
  "CREATE TABLE f (id integer NOT NULL, note text); INSERT INTO f (note) VALUES ('a')",
  "CREATE TABLE f (id integer PRIMARY KEY, note text); INSERT INTO f (note) VALUES ('a')",
  'UPDATE docs SET id = NULL WHERE false',
  'UPDATE two_keys SET alt = NULL',
  'UPDATE of_s SET id = NULL',
  'UPDATE parent SET id = NULL',
  'UPDATE docs SET id = NULL WHERE id = 7',
  'UPDATE empty_t SET id = NULL',
  // RETURNING where a rule does nothing instead.
  "CREATE RULE nn AS ON UPDATE TO real DO INSTEAD NOTHING; UPDATE real SET note = 'a' RETURNING id",
  'CREATE RULE nn AS ON DELETE TO real DO INSTEAD NOTHING; DELETE FROM real RETURNING id',
  'WITH x AS (INSERT INTO ruled (id) VALUES (1) RETURNING id) SELECT * FROM x',
  // Keys of an index that is there.
  'CREATE UNIQUE INDEX pi ON parts (id); ALTER TABLE parts ADD CONSTRAINT pc UNIQUE USING INDEX pi',
  'ALTER TABLE parts ADD CONSTRAINT pc UNIQUE USING INDEX no_such',
  'CREATE UNIQUE INDEX pi ON docs ((id + 1)); ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX pi',
  'CREATE UNIQUE INDEX pi ON docs (n) WHERE n > 1; ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX pi',
  'ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX docs_named',
  'CREATE UNIQUE INDEX pi ON docs (n DESC); ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX pi',
  'CREATE UNIQUE INDEX pi ON docs (n); ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX pi',
  'ALTER TABLE docs ADD CONSTRAINT pc UNIQUE USING INDEX docs_code_key',
  'ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY',
  // What is inherited.
  'ALTER TABLE fkp_1 DROP CONSTRAINT fkp_d',
  'ALTER TABLE parts_1 DROP CONSTRAINT px',
  'ALTER TABLE child DROP CONSTRAINT x_pos',
  'ALTER TABLE parts_1 DROP CONSTRAINT IF EXISTS px',
  'ALTER TABLE child RENAME CONSTRAINT x_pos TO g',
  'ALTER TABLE child RENAME COLUMN x TO g',
  'ALTER TABLE parts_1 RENAME COLUMN x TO g',
  'ALTER TABLE child ALTER COLUMN x TYPE bigint',
  'ALTER TABLE parts_1 ALTER COLUMN id DROP NOT NULL',
  // Samples.
  'SELECT * FROM a TABLESAMPLE system (10)',
  'CREATE VIEW v AS SELECT * FROM docs; SELECT * FROM v TABLESAMPLE system (10)',
  // COPY.
  'COPY docs (id, nothere) FROM STDIN',
  'COPY nothere FROM STDIN',
  'COPY (SELECT nothere FROM docs) TO STDOUT',
  // What is attached to a table.
  'ALTER POLICY nothere ON docs USING (true)',
  'ALTER POLICY pol ON docs USING (nothere)',
  'ALTER POLICY nothere ON docs RENAME TO p2',
  'DROP POLICY nothere ON docs',
  'DROP POLICY IF EXISTS nothere ON docs',
  'ALTER TRIGGER nothere ON docs RENAME TO t2',
  'ALTER RULE nothere ON docs RENAME TO t2',
  'ALTER TABLE docs DISABLE TRIGGER nothere',
  'ALTER TABLE docs ENABLE TRIGGER tr',
  'ALTER TABLE docs ENABLE TRIGGER ALL',
  'ALTER TABLE ruled DISABLE RULE nothing',
  'ALTER RULE nothing ON ruled RENAME TO other; INSERT INTO ruled (id) VALUES (1) RETURNING id',
  'COMMENT ON TRIGGER tr ON docs IS NULL',
  'COMMENT ON COLUMN docs.nothere IS NULL',
  'COMMENT ON COLUMN docs.code IS NULL',
  'COMMENT ON TABLE nothere IS NULL',
  'COMMENT ON VIEW a IS NULL',
  'COMMENT ON INDEX docs_named IS NULL',
  'COMMENT ON INDEX nothere IS NULL',
  'COMMENT ON CONSTRAINT nothere ON docs IS NULL',
  'COMMENT ON CONSTRAINT docs_pkey ON docs IS NULL',
  'COMMENT ON SEQUENCE owned IS NULL',
  'COMMENT ON TABLE docs IS NULL',
  'CREATE POLICY p2 ON docs USING (true); ALTER POLICY p2 ON docs USING (id > 0)',
  'ALTER POLICY pol ON docs TO nobody_such',
  'ALTER POLICY pol ON docs USING (n > 0) WITH CHECK (n > 1); ALTER POLICY pol ON docs USING (true)',
  'COMMENT ON POLICY pol ON docs IS NULL',
  'COMMENT ON COLUMN a.code IS NULL',
  'COMMENT ON SCHEMA s IS NULL',
  'COMMENT ON TYPE t IS NULL',
  'COMMENT ON FUNCTION trg() IS NULL',
  'COMMENT ON DOMAIN dt IS NULL',
  'ALTER TABLE docs DISABLE RULE nothere',
  'DROP POLICY pol ON docs; ALTER POLICY pol ON docs USING (true)',
  "COMMENT ON TRIGGER nothere ON docs IS 'x'",
  // Rows of a table as values.
  'ALTER TABLE rowt ADD COLUMN k integer DEFAULT 1',
  'ALTER TABLE rowt ADD COLUMN k integer',
  'ALTER TABLE rowt ALTER COLUMN m TYPE bigint',
  'ALTER TABLE rowt ADD COLUMN k integer DEFAULT (random() * 10)::integer',
  'ALTER TABLE rowt ADD COLUMN k integer NOT NULL',
  'ALTER TABLE rowt DROP COLUMN m',
  'ALTER TABLE rowt ADD COLUMN k serial',
  'ALTER TABLE rowt ADD COLUMN k integer GENERATED ALWAYS AS (m) STORED',
  'ALTER TABLE rowt ADD COLUMN k integer CHECK (k > 0)',
  'ALTER TABLE rowt ADD COLUMN k dt',
  'ALTER TABLE rowt ALTER COLUMN m TYPE text',
  'ALTER TABLE rowt ALTER COLUMN m SET NOT NULL',
  'DROP TABLE of_rowt; ALTER TABLE rowt ADD COLUMN k integer DEFAULT 1',
  'ALTER TABLE of_rowt DROP COLUMN r; ALTER TABLE rowt ADD COLUMN k integer DEFAULT 1',
  'CREATE TABLE f (r rowt); ALTER TABLE rowt ALTER COLUMN m TYPE bigint',
  'CREATE TABLE f (r real[]); SELECT 1',
];
