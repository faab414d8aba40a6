/** Objects that go with others, and names that are free again afterwards. */
export const FREED_SCHEMA = `
CREATE TABLE parent (id integer PRIMARY KEY, x integer, CONSTRAINT x_positive CHECK (x > 0));
CREATE TABLE child (own text) INHERITS (parent);
CREATE TABLE grandchild () INHERITS (child);
CREATE TABLE keeper (x integer) INHERITS (parent);
INSERT INTO child VALUES (1, 1, 'a');
CREATE TABLE parts (id integer NOT NULL, x integer, CONSTRAINT parts_x CHECK (x > 0)) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE docs (id integer PRIMARY KEY, code text UNIQUE, n integer);
INSERT INTO docs VALUES (1, 'a', 1);
CREATE TABLE doc_lines (id serial PRIMARY KEY, doc integer REFERENCES docs, note text);
CREATE VIEW a AS SELECT id, code FROM docs;
CREATE VIEW b AS SELECT id FROM a;
CREATE TYPE t AS ENUM ('x', 'y');
CREATE DOMAIN filled AS text CHECK (VALUE <> '');
CREATE TABLE typed (id integer, t t, d filled, note text);
CREATE VIEW shows_t AS SELECT t FROM typed;
CREATE FUNCTION takes_t(t) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE SCHEMA s;
CREATE TABLE s.k (id integer PRIMARY KEY);
CREATE TABLE s.docs (id integer);
CREATE TYPE s.kind AS ENUM ('a');
CREATE TYPE s.t AS ENUM ('a');
CREATE SEQUENCE s.numbers;
CREATE VIEW over_s AS SELECT id FROM s.k;
CREATE TABLE of_s (id integer, kind s.kind, k integer CONSTRAINT of_s_k REFERENCES s.k);
CREATE INDEX ON docs (n);
CREATE INDEX docs_named ON docs (n, id);
CREATE SEQUENCE owned;
CREATE TABLE owner (id integer DEFAULT nextval('owned'), note text);
ALTER SEQUENCE owned OWNED BY owner.id;
CREATE SEQUENCE shared;
CREATE TABLE numbered (id integer DEFAULT nextval('shared'), m integer);
CREATE TABLE plain (id integer NOT NULL, note text);
CREATE TABLE public.pg_class (id integer, note text);
CREATE TABLE two_keys (id integer CONSTRAINT first_key PRIMARY KEY, alt integer NOT NULL CONSTRAINT alt_key UNIQUE);
CREATE TABLE refers (id integer CONSTRAINT refers_to REFERENCES two_keys, m integer);
ALTER TABLE two_keys ADD CONSTRAINT second_key UNIQUE (id);
CREATE UNIQUE INDEX loose_key ON docs (n);
CREATE TABLE leans (n integer CONSTRAINT leans_on REFERENCES docs (n));
`;

/** They succeed, and must not be foretold to fail. */
export const FREED_PASSING = [
  // A parent, and the tables that inherit from it.
  'ALTER TABLE parent DROP COLUMN x; ALTER TABLE child ADD COLUMN x integer',
  'ALTER TABLE parent DROP COLUMN x; ALTER TABLE grandchild ADD COLUMN x text',
  'ALTER TABLE parent DROP COLUMN x; ALTER TABLE keeper DROP COLUMN x; ALTER TABLE keeper ADD COLUMN x text',
  'ALTER TABLE parent DROP CONSTRAINT x_positive; ALTER TABLE child ADD CONSTRAINT x_positive CHECK (x > 0)',
  'ALTER TABLE parent RENAME CONSTRAINT x_positive TO other; ALTER TABLE child ADD CONSTRAINT x_positive CHECK (x > 0)',
  'ALTER TABLE parent RENAME COLUMN x TO z; ALTER TABLE child ADD COLUMN x integer; SELECT z FROM grandchild',
  'ALTER TABLE ONLY parent DROP COLUMN x; ALTER TABLE child DROP COLUMN x',
  'ALTER TABLE parts DROP COLUMN x; ALTER TABLE parts ADD COLUMN x text',
  'ALTER TABLE parts DROP CONSTRAINT parts_x; ALTER TABLE parts_1 ADD CONSTRAINT parts_x CHECK (x > 0)',
  'ALTER TABLE child NO INHERIT parent; ALTER TABLE child DROP COLUMN x; ALTER TABLE child ADD COLUMN x text',
  'CREATE TABLE fresh (m integer); CREATE TABLE heir () INHERITS (fresh); ALTER TABLE fresh DROP COLUMN m; ALTER TABLE heir ADD COLUMN m integer',
  'ALTER TABLE child NO INHERIT parent; ALTER TABLE keeper NO INHERIT parent; DROP TABLE parent',
  // CASCADE.
  'DROP VIEW a CASCADE; CREATE VIEW a AS SELECT id FROM docs; CREATE VIEW b AS SELECT id FROM docs',
  "DROP TYPE t CASCADE; CREATE TYPE t AS ENUM ('z'); ALTER TABLE typed ADD COLUMN t t; CREATE VIEW shows_t AS SELECT t FROM typed",
  "DROP TYPE t CASCADE; CREATE FUNCTION takes_t(text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
  'DROP DOMAIN filled CASCADE; ALTER TABLE typed ADD COLUMN d text',
  'DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE TABLE s.k (id text); CREATE VIEW over_s AS SELECT id FROM s.k',
  "DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE TYPE s.kind AS ENUM ('b'); CREATE SEQUENCE s.numbers",
  'DROP SCHEMA s CASCADE; ALTER TABLE of_s ADD COLUMN kind text',
  'DROP SCHEMA s CASCADE; ALTER TABLE of_s ADD CONSTRAINT of_s_k CHECK (id > 0)',
  'CREATE SCHEMA fresh; CREATE TABLE fresh.k (id integer); DROP SCHEMA fresh CASCADE; CREATE SCHEMA fresh; CREATE TABLE fresh.k (id integer)',
  'DROP TABLE docs CASCADE; CREATE TABLE docs (id integer); CREATE VIEW a AS SELECT 1 AS id; CREATE VIEW b AS SELECT 2 AS id',
  'DROP TABLE docs CASCADE; ALTER TABLE doc_lines ADD CONSTRAINT doc_lines_doc_fkey CHECK (id > 0)',
  'ALTER TABLE docs RENAME TO files; DROP TABLE files CASCADE; CREATE VIEW a AS SELECT 1 AS id; CREATE VIEW b AS SELECT 2 AS id',
  'ALTER TABLE docs DROP COLUMN code CASCADE; CREATE VIEW a AS SELECT id FROM docs; CREATE VIEW b AS SELECT 1 AS id',
  'DROP TABLE parent CASCADE; CREATE TABLE child (id integer); CREATE TABLE keeper (id integer)',
  'CREATE VIEW fresh AS SELECT id FROM plain; CREATE VIEW fresher AS SELECT id FROM fresh; DROP TABLE plain CASCADE; CREATE VIEW fresh AS SELECT 1 AS id; CREATE VIEW fresher AS SELECT 1 AS id',
  'DROP SEQUENCE shared CASCADE; CREATE SEQUENCE shared',
  'DROP VIEW b; CREATE VIEW b AS SELECT 1 AS id; DROP VIEW a CASCADE; SELECT id FROM b',
  'CREATE OR REPLACE VIEW b AS SELECT id FROM docs; DROP VIEW a',
  // Names that the server gives.
  'ALTER INDEX docs_n_idx RENAME TO other; DROP INDEX public.docs_named; ALTER INDEX public.other RENAME TO docs_named',
  'CREATE INDEX ON docs (code, n); ALTER INDEX docs_code_n_idx RENAME TO other; DROP INDEX public.other',
  'CREATE INDEX ON docs (code, n); DROP INDEX docs_code_n_idx; CREATE INDEX docs_code_n_idx ON docs (code)',
  'CREATE INDEX ON docs (n); DROP INDEX docs_n_idx1',
  'CREATE INDEX ON docs (lower(code)); DROP INDEX docs_lower_idx',
  'CREATE INDEX ON parts (x); ALTER INDEX parts_1_x_idx RENAME TO other',
  'CREATE TABLE fresh (id integer); CREATE INDEX ON fresh (id); ALTER INDEX fresh_id_idx RENAME TO other; DROP INDEX public.other; CREATE INDEX fresh_id_idx ON fresh (id)',
  'CREATE TABLE fresh (id integer UNIQUE); ALTER INDEX fresh_id_key RENAME TO other; ALTER TABLE fresh DROP CONSTRAINT other',
  'ALTER INDEX docs_code_key RENAME TO other; ALTER TABLE docs DROP CONSTRAINT other',
  'CREATE TABLE fresh (id serial); ALTER SEQUENCE fresh_id_seq RENAME TO other; ALTER TABLE fresh ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE public.other',
  'CREATE TABLE fresh (id integer NOT NULL CHECK (id > 0) REFERENCES docs); ALTER TABLE fresh DROP CONSTRAINT fresh_id_check, DROP CONSTRAINT fresh_id_fkey, DROP CONSTRAINT fresh_id_not_null; DROP TABLE docs CASCADE',
  'ALTER TABLE plain SET SCHEMA s; ALTER TABLE s.plain ADD CONSTRAINT plain_key UNIQUE (id); DROP TABLE s.plain',
  'CREATE INDEX plain_i ON plain (id); ALTER TABLE plain SET SCHEMA s; DROP INDEX s.plain_i',
  'ALTER SCHEMA s RENAME TO other; INSERT INTO other.k VALUES (1); CREATE SCHEMA s; CREATE TABLE s.k (id integer)',
  // Sequences.
  'ALTER TABLE owner DROP COLUMN id; CREATE SEQUENCE owned',
  'DROP TABLE owner; CREATE SEQUENCE owned',
  'ALTER TABLE doc_lines DROP COLUMN id; CREATE SEQUENCE doc_lines_id_seq',
  'CREATE TABLE fresh (id serial); DROP TABLE fresh; CREATE SEQUENCE fresh_id_seq',
  'CREATE TABLE fresh (id serial, m integer); ALTER TABLE fresh DROP COLUMN id; CREATE SEQUENCE fresh_id_seq',
  'ALTER TABLE plain ADD COLUMN k bigserial; ALTER TABLE plain DROP COLUMN k; CREATE SEQUENCE plain_k_seq',
  'ALTER TABLE numbered ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE shared',
  'ALTER TABLE numbered ALTER COLUMN id SET DEFAULT 1; DROP SEQUENCE shared',
  'ALTER TABLE numbered DROP COLUMN id; DROP SEQUENCE shared',
  'DROP TABLE numbered; DROP SEQUENCE shared',
  'ALTER TABLE numbered RENAME TO other; ALTER TABLE other ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE shared',
  'ALTER TABLE numbered RENAME COLUMN id TO other; ALTER TABLE numbered ALTER COLUMN other DROP DEFAULT; DROP SEQUENCE shared',
  'ALTER TABLE doc_lines ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE doc_lines_id_seq',
  "CREATE SEQUENCE fresh; ALTER TABLE numbered ALTER COLUMN m SET DEFAULT nextval('fresh'), ALTER COLUMN m DROP DEFAULT; DROP SEQUENCE fresh CASCADE",
  // Temporary tables.
  "CREATE TEMP TABLE plain (other text); INSERT INTO plain (other) VALUES ('x'); DROP TABLE plain; INSERT INTO plain (id, note) VALUES (1, 'x')",
  'CREATE TEMP TABLE plain (other text); SELECT other FROM plain',
  'CREATE TEMP TABLE plain (other text); ALTER TABLE plain ADD COLUMN note text; ALTER TABLE public.plain ADD COLUMN other text',
  'CREATE TEMP VIEW plain AS SELECT 1 AS one; SELECT one FROM plain',
  'CREATE TEMP TABLE plain AS SELECT 1 AS one; CREATE INDEX docs_named ON plain (one); DROP INDEX public.docs_named',
  'CREATE TABLE pg_temp.plain (other text); CREATE TEMP SEQUENCE shared; ALTER TABLE pg_temp.plain DROP COLUMN other',
  'CREATE TEMP TABLE fresh (id integer); CREATE TABLE fresh (id integer); DROP TABLE fresh; DROP TABLE fresh',
  // Tables with the name of one of the server's own.
  'ALTER TABLE public.pg_class ADD COLUMN k integer; SELECT k FROM public.pg_class; SELECT oid FROM pg_class',
  'DROP TABLE public.pg_class; CREATE TABLE public.pg_class (id integer); SELECT oid FROM pg_class',
  'CREATE TABLE public.pg_type (id integer); INSERT INTO public.pg_type VALUES (1); SELECT typname FROM pg_type',
  'CREATE TABLE pg_attribute (id integer); SELECT attname FROM pg_attribute; SELECT id FROM public.pg_attribute',
  'ALTER TABLE plain RENAME TO pg_proc; SELECT proname FROM pg_proc; SELECT note FROM public.pg_proc',
  // Keys that foreign keys need, or do not.
  'ALTER TABLE two_keys DROP CONSTRAINT alt_key',
  'ALTER TABLE two_keys DROP CONSTRAINT second_key',
  'ALTER TABLE two_keys DROP CONSTRAINT first_key CASCADE; ALTER TABLE refers ADD CONSTRAINT refers_to CHECK (id > 0)',
  'ALTER TABLE refers DROP CONSTRAINT refers_to; ALTER TABLE two_keys DROP CONSTRAINT first_key',
  'ALTER TABLE refers RENAME CONSTRAINT refers_to TO other; ALTER TABLE refers DROP CONSTRAINT other; ALTER TABLE two_keys DROP CONSTRAINT first_key',
  'ALTER TABLE refers DROP COLUMN id; ALTER TABLE two_keys DROP CONSTRAINT first_key; DROP TABLE two_keys',
  'DROP TABLE refers; ALTER TABLE two_keys DROP COLUMN id',
  'ALTER TABLE leans DROP CONSTRAINT leans_on; DROP INDEX loose_key',
  'DROP INDEX docs_named',
  'CREATE TABLE fresh (id integer PRIMARY KEY, m integer UNIQUE); CREATE TABLE fresher (m integer REFERENCES fresh); ALTER TABLE fresh DROP CONSTRAINT fresh_m_key',
  // Names that go with a table, a column or a constraint.
  'DROP TABLE docs CASCADE; CREATE INDEX docs_named ON plain (id); CREATE TABLE docs_pkey (id integer)',
  "DROP TABLE doc_lines; CREATE SEQUENCE doc_lines_id_seq; CREATE TYPE doc_lines AS ENUM ('a')",
  'DROP TABLE doc_lines; CREATE INDEX doc_lines_pkey ON plain (id)',
  'DROP TABLE two_keys CASCADE; ALTER TABLE plain ADD CONSTRAINT alt_key UNIQUE (id)',
  'ALTER TABLE docs DROP COLUMN n CASCADE; CREATE INDEX docs_named ON docs (id); CREATE INDEX docs_n_idx ON docs (id)',
  'ALTER TABLE docs DROP CONSTRAINT docs_code_key; CREATE INDEX docs_code_key ON docs (code)',
  'CREATE TABLE fresh (id integer PRIMARY KEY); CREATE INDEX fresh_i ON fresh (id); DROP TABLE fresh; CREATE TABLE fresh_i (id integer); CREATE TABLE fresh_pkey (id integer)',
  "ALTER TABLE plain RENAME TO other; CREATE TYPE plain AS ENUM ('a')",
  'CREATE TABLE s.typed (id integer); CREATE TYPE s.filled AS (a text); CREATE TABLE kind (id integer)',
  'CREATE TABLE fresh (id integer); CREATE TABLE fresher (f fresh, d docs)',
  'DROP TABLE s.docs; CREATE TABLE fresh (d docs)',
] as const;

/** The last of them fails. */
export const FREED_FAILING = [
  ['ALTER TABLE parent DROP COLUMN x; UPDATE child SET x = 1', 'no-column'],
  ['ALTER TABLE parent DROP COLUMN x; ALTER TABLE child DROP COLUMN x', 'no-column'],
  ['ALTER TABLE parent DROP COLUMN x; ALTER TABLE keeper ADD COLUMN x integer', 'column-exists'],
  [
    'ALTER TABLE parent ADD CONSTRAINT y CHECK (id > 0); ALTER TABLE child ADD CONSTRAINT y CHECK (x > 0)',
    'constraint-exists',
  ],
  ['ALTER TABLE child RENAME CONSTRAINT x_positive TO other', 'table-impossible'],
  ['ALTER TABLE child RENAME COLUMN x TO other', 'table-impossible'],
  ['ALTER TABLE parts_1 RENAME COLUMN x TO other', 'table-impossible'],
  ['DROP VIEW a CASCADE; SELECT * FROM b', 'no-table'],
  ['DROP SCHEMA s CASCADE; CREATE TABLE s.k (id integer)', 'no-schema'],
  ['DROP SCHEMA s CASCADE; SELECT * FROM s.k', 'no-table'],
  ['DROP SCHEMA s CASCADE; DROP SCHEMA s', 'no-schema'],
  ['ALTER TABLE owner DROP COLUMN id; DROP SEQUENCE owned', 'no-sequence'],
  ['DROP TABLE docs CASCADE; DROP INDEX docs_named', 'no-index'],
  [
    'CREATE TABLE fresh (id integer PRIMARY KEY); CREATE TABLE fresh_pkey (id integer)',
    'name-taken',
  ],
  ['CREATE TABLE fresh (id serial); CREATE SEQUENCE fresh_id_seq', 'name-taken'],
  ['CREATE TABLE fresh (id integer CONSTRAINT docs_named UNIQUE)', 'name-taken'],
  ["CREATE TYPE docs AS ENUM ('a')", 'type-exists'],
  ['CREATE TABLE t (id integer)', 'type-exists'],
  ["CREATE TABLE fresh (id integer); CREATE TYPE fresh AS ENUM ('a')", 'type-exists'],
  ['ALTER TABLE two_keys DROP CONSTRAINT first_key', 'in-use'],
  ['DROP INDEX loose_key', 'in-use'],
  ['ALTER INDEX loose_key RENAME TO other; DROP INDEX other', 'in-use'],
  [
    'CREATE TABLE fresh (id integer PRIMARY KEY); CREATE TABLE fresher (id integer REFERENCES fresh); ALTER TABLE fresh DROP CONSTRAINT fresh_pkey',
    'in-use',
  ],
  [
    "ALTER TABLE numbered ALTER COLUMN m SET DEFAULT nextval('shared'), ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE shared",
    'in-use',
  ],
  [
    "CREATE SEQUENCE fresh; ALTER TABLE numbered ALTER COLUMN m SET DEFAULT nextval('fresh'); DROP SEQUENCE fresh",
    'in-use',
  ],
  [
    "CREATE SEQUENCE fresh; CREATE TABLE fresher (id integer DEFAULT nextval('fresh')); DROP SEQUENCE fresh",
    'in-use',
  ],
  ['CREATE TABLE fresh (id serial); DROP SEQUENCE fresh_id_seq', 'in-use'],
  [
    'CREATE OR REPLACE VIEW b AS SELECT id FROM docs; CREATE OR REPLACE VIEW b AS SELECT id FROM a; DROP VIEW a',
    'in-use',
  ],
  ['CREATE TEMP TABLE fresh (id integer); CREATE TEMP TABLE fresh (id integer)', 'name-taken'],
  [
    'CREATE TEMP TABLE plain (other text); DROP TABLE plain; DROP TABLE plain; DROP TABLE plain',
    'no-table',
  ],
] as const;
