/** Tables, with rows, on whose empty copies statements are tried. */
export const TRIED_SCHEMA = `
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE FUNCTION doubled(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT people_key PRIMARY KEY,
  email text CONSTRAINT one_email UNIQUE,
  name text, born date, seen timestamptz, mood mood, age integer, document jsonb,
  shown text GENERATED ALWAYS AS (lower(email)) STORED
);
CREATE INDEX people_by_name ON people (name) WHERE age > 1;
CREATE TABLE posts (
  id serial PRIMARY KEY, author bigint CONSTRAINT posts_author REFERENCES people, title varchar(20) NOT NULL, place point,
  CONSTRAINT titled CHECK (title <> '')
);
CREATE TRIGGER posts_noted BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TABLE void (id integer, note text);
CREATE TABLE measures (day date NOT NULL, place integer NOT NULL, value integer) PARTITION BY RANGE (day);
CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measures_2 (day date NOT NULL, place integer NOT NULL, value integer);
CREATE TABLE trunk (id integer, note text);
CREATE TABLE branch (leaf text) INHERITS (trunk);
CREATE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;
CREATE MATERIALIZED VIEW ages AS SELECT age, count(*) AS n FROM people GROUP BY age;
CREATE MATERIALIZED VIEW keyed AS SELECT id FROM people;
CREATE UNIQUE INDEX keyed_id ON keyed (id);
CREATE TYPE pair AS (one integer, other text);
CREATE TABLE pairs (pair pair, n integer);
CREATE TABLE tree (id integer PRIMARY KEY, parent integer REFERENCES tree);
CREATE TABLE "Odd.Name" ("My.mood" mood, "größe" integer);
CREATE TABLE lists (n integer) PARTITION BY LIST (n);
CREATE TABLE rowed (id integer);
CREATE TABLE rows_of (r rowed);
CREATE TABLE listed (id integer);
CREATE FUNCTION counted(listed[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION mooded(mood) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE SEQUENCE numbers;
CREATE SCHEMA side;
CREATE TABLE side.posts (id integer PRIMARY KEY, other text);
CREATE TABLE side.own (id integer);
INSERT INTO people (email, name, age) VALUES ('A@x', 'Ann', NULL), ('a@x', 'Ann', 20);
INSERT INTO posts (author, title) VALUES (1, 'one'), (2, 'two');
INSERT INTO measures VALUES ('2024-02-02', 1, 1);
INSERT INTO trunk VALUES (1);
INSERT INTO pairs VALUES (ROW(NULL, NULL), 1);
`;

/** Statements that fail, the last of several; and the rule that foretells it. */
export const TRIED_FAILING = [
  // What is added, and what rows would get.
  [
    'ALTER TABLE people ADD COLUMN k integer NOT NULL GENERATED ALWAYS AS (age + 1) STORED',
    'expression-fails',
  ],
  ['ALTER TABLE people ADD COLUMN k integer NOT NULL DEFAULT nullif(1, 1)', 'add-not-null'],
  ['ALTER TABLE people ADD COLUMN k integer DEFAULT 1/0', 'value-fails'],
  ['ALTER TABLE void ADD COLUMN k integer DEFAULT 1/0', 'value-fails'],
  ['ALTER TABLE people ADD COLUMN k integer DEFAULT 0 CHECK (k > 0)', 'check-not-met'],
  [
    "ALTER TABLE people ADD COLUMN k integer NOT NULL DEFAULT 1 CHECK (k > length('ab'))",
    'check-not-met',
  ],
  ['ALTER TABLE people ADD COLUMN k positive DEFAULT -1', 'default-does-not-fit'],
  ["ALTER TABLE people ADD COLUMN k varchar(2) DEFAULT 'abc'", 'value-fails'],
  ['ALTER TABLE people ADD COLUMN k integer DEFAULT now()', 'types-differ'],
  ['ALTER TABLE people ADD COLUMN k integer DEFAULT age', 'not-supported'],
  ['ALTER TABLE people ADD COLUMN k integer DEFAULT no_such()', 'no-function'],
  ['ALTER TABLE people ADD COLUMN k text GENERATED ALWAYS AS (seen::text) STORED', 'not-immutable'],
  [
    'ALTER TABLE people ADD COLUMN k integer GENERATED ALWAYS AS (no_age) STORED',
    'expression-fails',
  ],
  ['ALTER TABLE people ADD CHECK (no_age > 1)', 'no-column'],
  ['ALTER TABLE people ALTER COLUMN age SET DEFAULT now()', 'types-differ'],
  ['ALTER TABLE people ALTER COLUMN shown SET DEFAULT 1', 'not-understood'],
  [
    'ALTER TABLE posts ALTER COLUMN title DROP NOT NULL; ALTER TABLE people ALTER COLUMN id SET DEFAULT 1',
    'not-understood',
  ],
  [
    'ALTER TABLE void ALTER COLUMN id SET NOT NULL; ALTER TABLE void ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY; ALTER TABLE void ALTER COLUMN id SET DEFAULT 1',
    'not-understood',
  ],
  ['ALTER TABLE adults ADD COLUMN k integer', 'wrong-kind'],
  // Indexes.
  ['CREATE INDEX k ON people ((seen::date))', 'not-immutable'],
  ['CREATE INDEX k ON people ((now()))', 'not-immutable'],
  ['CREATE INDEX k ON people ((mood::text))', 'not-immutable'],
  ['CREATE INDEX k ON public.people ((seen::date))', 'not-immutable'],
  ['CREATE INDEX k ON people (name) WHERE seen > now()', 'not-immutable'],
  ['CREATE INDEX k ON people USING gin (name gin_trgm_ops)', 'no-object'],
  ['CREATE INDEX k ON people USING no_such (name)', 'no-operator-class'],
  ['CREATE UNIQUE INDEX k ON people (lower(email))', 'duplicates-are-there'],
  [
    "CREATE UNIQUE INDEX k ON people ((name || 'x'), upper(email)) WHERE id > 0",
    'duplicates-are-there',
  ],
  // Partitions, and tables that inherit.
  ['ALTER TABLE measures ADD PRIMARY KEY (place)', 'not-supported'],
  ['ALTER TABLE measures ADD UNIQUE (place)', 'not-supported'],
  ['CREATE UNIQUE INDEX k ON measures (place)', 'not-supported'],
  ['CREATE INDEX CONCURRENTLY k ON measures (place)', 'concurrently-on-partitioned'],
  ['ALTER TABLE measures DROP COLUMN day', 'table-impossible'],
  ['ALTER TABLE measures_1 DROP COLUMN value', 'table-impossible'],
  ['ALTER TABLE branch DROP COLUMN note', 'table-impossible'],
  ['ALTER TABLE ONLY measures ADD COLUMN k integer', 'table-impossible'],
  ['ALTER TABLE ONLY trunk ADD COLUMN k integer', 'table-impossible'],
  ['ALTER TABLE measures DETACH PARTITION void', 'no-partition'],
  ['ALTER TABLE measures DETACH PARTITION measures_2', 'no-partition'],
  ['ALTER TABLE people DETACH PARTITION posts', 'no-partition'],
  [
    "CREATE TABLE k PARTITION OF measures FOR VALUES FROM ('2024-06-01') TO ('2026-01-01')",
    'not-immutable',
  ],
  // Functions and triggers.
  [
    'CREATE FUNCTION doubled(integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    'function-exists',
  ],
  ['CREATE FUNCTION k() RETURNS integer LANGUAGE no_such AS $$ SELECT 1 $$', 'no-object'],
  [
    'CREATE FUNCTION k() RETURNS text LANGUAGE sql AS $$ SELECT no_such FROM people $$',
    'no-column',
  ],
  ['CREATE FUNCTION k(a no_such) RETURNS text LANGUAGE sql AS $$ SELECT 1 $$', 'no-object'],
  ['DROP FUNCTION no_such()', 'no-function'],
  ['DROP FUNCTION no_such', 'no-function'],
  [
    'CREATE TRIGGER k BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no_such()',
    'no-function',
  ],
  [
    'CREATE TRIGGER k BEFORE UPDATE OF no_such ON people FOR EACH ROW EXECUTE FUNCTION noted()',
    'no-column',
  ],
  // New tables and types.
  ['CREATE TABLE k (id integer, id text)', 'column-exists'],
  ['CREATE TABLE k (id integer CHECK (no_such > 1))', 'no-column'],
  ['CREATE TABLE k (a timestamptz, b text GENERATED ALWAYS AS (a::text) STORED)', 'not-immutable'],
  ['CREATE TABLE k (id text REFERENCES people)', 'types-differ'],
  ['CREATE TABLE k (id integer, FOREIGN KEY (no_such) REFERENCES people)', 'no-column'],
  ['CREATE TABLE k (id integer DEFAULT now())', 'types-differ'],
  ['CREATE TABLE k (id integer, PRIMARY KEY (no_such))', 'no-column'],
  ['CREATE UNLOGGED TABLE k (id integer) PARTITION BY LIST (no_such)', 'no-column'],
  ['CREATE DOMAIN k AS no_such', 'no-object'],
  ['CREATE DOMAIN k AS integer CHECK (no_such > 1)', 'no-column'],
  ['CREATE TYPE k AS (a no_such)', 'no-object'],
  // Rights, settings, views.
  ['GRANT SELECT ON people TO no_such_role', 'no-role'],
  ['REVOKE SELECT ON people FROM no_such_role', 'no-role'],
  ["SET no_such = 'x'", 'no-setting'],
  ['REFRESH MATERIALIZED VIEW CONCURRENTLY ages', 'no-unique-key'],
  ['DROP TABLE adults', 'wrong-kind'],
  ['DROP VIEW void', 'wrong-kind'],
  ['DROP INDEX void', 'wrong-kind'],
  ['DROP TABLE ages', 'wrong-kind'],
  ['CREATE OR REPLACE VIEW adults AS SELECT id FROM people', 'table-impossible'],
  ['CREATE OR REPLACE VIEW adults AS SELECT id, email FROM people', 'table-impossible'],
  ['CREATE OR REPLACE VIEW adults AS SELECT id::text, name FROM people', 'table-impossible'],
  ['CREATE POLICY k ON people USING (no_such = 1)', 'no-column'],
  // Rows.
  ['SELECT no_such FROM people', 'no-column'],
  ['SELECT sum(name) FROM people', 'no-function'],
  ['SELECT name, count(*) FROM people', 'not-grouped'],
  ['SELECT id FROM people, posts', 'ambiguous'],
  ['SELECT no_such FROM adults', 'no-column'],
  ['DELETE FROM people WHERE no_such = 1', 'no-column'],
  ["DELETE FROM people WHERE age = 'old'", 'value-fails'],
  ['UPDATE people SET age = name', 'types-differ'],
  ['UPDATE people SET age = no_such(age)', 'no-function'],
  ["UPDATE people SET age = 1 WHERE born = 'someday'", 'value-fails'],
  ["UPDATE people SET shown = 'x'", 'always-generated'],
  ['UPDATE public.people SET name = no_such', 'no-column'],
  ["UPDATE posts SET title = 'x' FROM people WHERE people.id = posts.no_such", 'no-column'],
  ["INSERT INTO people (id, email) VALUES (1, 'x')", 'always-generated'],
  ["INSERT INTO people (age) VALUES ('x')", 'value-fails'],
  ['INSERT INTO people (age) SELECT title FROM posts', 'types-differ'],
  ["INSERT INTO people (email) VALUES ('x') ON CONFLICT (name) DO NOTHING", 'no-unique-key'],
  ["INSERT INTO people (mood) VALUES ('glad')", 'value-fails'],
  ['WITH k AS (SELECT id FROM people) DELETE FROM posts USING k WHERE k.no_such = 1', 'no-column'],
  [
    'MERGE INTO posts USING people ON posts.author = people.no_such WHEN MATCHED THEN DELETE',
    'no-column',
  ],
  // After what earlier statements have made.
  ['CREATE TABLE k (id integer); INSERT INTO k (no_such) VALUES (1)', 'no-column'],
  ['CREATE TABLE k (id integer); UPDATE k SET id = now()', 'types-differ'],
  [
    'CREATE TABLE k AS SELECT id FROM people; CREATE INDEX k_i ON k ((id::text::date))',
    'not-immutable',
  ],
  [
    'ALTER TABLE people RENAME TO folk; UPDATE folk SET no_such = 1 WHERE age = no_such',
    'no-column',
  ],
  ['ALTER TABLE people RENAME COLUMN age TO years; SELECT age FROM people', 'no-column'],
  ['DROP TABLE void; CREATE TABLE void (a integer); SELECT note FROM void', 'no-column'],
  ['CREATE VIEW k AS SELECT id FROM people; SELECT name FROM k', 'no-column'],
  [
    "CREATE TYPE k AS ENUM ('a'); CREATE TABLE k_t (k k); INSERT INTO k_t VALUES ('b')",
    'value-fails',
  ],
] as const;

/** What succeeds, and must not be foretold to fail. */
export const TRIED_PASSING = [
  'ALTER TABLE void ADD COLUMN k integer NOT NULL GENERATED ALWAYS AS (id + 1) STORED',
  'ALTER TABLE people ADD COLUMN k bigint NOT NULL GENERATED ALWAYS AS (id + 1) STORED',
  'ALTER TABLE people ADD COLUMN k integer NOT NULL GENERATED ALWAYS AS (coalesce(age, 0)) STORED',
  'ALTER TABLE people ADD COLUMN k integer NOT NULL DEFAULT nullif(1, 2)',
  'ALTER TABLE void ADD COLUMN k integer NOT NULL DEFAULT nullif(1, 1)',
  'ALTER TABLE people ADD COLUMN k integer DEFAULT nullif(1, 1)',
  'ALTER TABLE people ADD COLUMN k integer DEFAULT 1 CHECK (k > 0)',
  'ALTER TABLE void ADD COLUMN k integer DEFAULT 0 CHECK (k > 0)',
  'ALTER TABLE people ADD COLUMN k uuid NOT NULL DEFAULT gen_random_uuid()',
  'ALTER TABLE people ADD COLUMN k integer NOT NULL DEFAULT doubled(2)',
  "ALTER TABLE posts ADD COLUMN k bigint DEFAULT nextval('posts_id_seq')",
  'ALTER TABLE people ADD COLUMN k positive DEFAULT 1',
  'ALTER TABLE people ADD COLUMN k serial',
  'ALTER TABLE people ALTER COLUMN age SET DEFAULT 1',
  'ALTER TABLE people DROP CONSTRAINT one_email',
  'ALTER TABLE people DROP CONSTRAINT people_key CASCADE',
  'ALTER TABLE posts DROP CONSTRAINT posts_author, DROP CONSTRAINT titled',
  'ALTER TABLE posts DROP CONSTRAINT posts_pkey',
  'ALTER TABLE posts DROP CONSTRAINT posts_title_not_null',
  'ALTER TABLE posts RENAME CONSTRAINT posts_author TO k',
  'ALTER TABLE posts DISABLE TRIGGER posts_noted',
  'ALTER TABLE posts SET UNLOGGED',
  'DROP TRIGGER posts_noted ON posts; CREATE TRIGGER posts_noted BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION noted()',
  'DROP INDEX people_by_name; CREATE INDEX people_by_name ON people (name)',
  'ALTER INDEX people_by_name RENAME TO k; DROP INDEX k',
  "CREATE INDEX k ON people ((seen AT TIME ZONE 'UTC'), (document ->> 'a'))",
  'CREATE INDEX k ON people (doubled(age))',
  'CREATE UNIQUE INDEX k ON people (lower(email), id)',
  'CREATE UNIQUE INDEX k ON people ((age + 1))',
  'ALTER TABLE measures ADD PRIMARY KEY (day, place)',
  'CREATE INDEX k ON measures (place)',
  'ALTER TABLE measures ADD COLUMN k integer; SELECT k FROM measures',
  'ALTER TABLE ONLY trunk ADD CHECK (id > 0) NO INHERIT',
  'ALTER TABLE branch DROP COLUMN leaf',
  'ALTER TABLE measures DETACH PARTITION measures_1',
  "ALTER TABLE measures ATTACH PARTITION measures_2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); ALTER TABLE measures DETACH PARTITION measures_2",
  'CREATE OR REPLACE FUNCTION doubled(n integer) RETURNS integer LANGUAGE sql AS $$ SELECT 3 $$',
  'CREATE FUNCTION doubled(text) RETURNS integer LANGUAGE sql AS $$ SELECT 3 $$',
  'DROP FUNCTION doubled(integer); CREATE FUNCTION doubled(a integer) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$',
  'CREATE FUNCTION k() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM people $$; SELECT k(); CREATE TABLE kk (id bigint DEFAULT k())',
  'CREATE FUNCTION k() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER k BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION k()',
  'CREATE FUNCTION k() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$; DROP FUNCTION k()',
  'ALTER TABLE people ADD COLUMN k integer; CREATE FUNCTION k() RETURNS integer LANGUAGE sql AS $$ SELECT max(k) FROM public.people $$',
  'CREATE UNLOGGED TABLE k (id integer); INSERT INTO k VALUES (1)',
  'CREATE TEMP TABLE k (other text); INSERT INTO k (other) VALUES (1); DROP TABLE k',
  'CREATE TABLE k (LIKE people INCLUDING ALL); INSERT INTO k (email) VALUES (1)',
  'CREATE TABLE k (id bigint REFERENCES people, post integer REFERENCES posts (id))',
  'CREATE TABLE k AS SELECT * FROM people WITH NO DATA; ALTER TABLE k ADD PRIMARY KEY (id)',
  'CREATE TABLE IF NOT EXISTS people (other text); SELECT name FROM people',
  'CREATE TABLE side.people (other text); INSERT INTO side.people VALUES (1); SELECT name FROM people',
  'INSERT INTO side.posts VALUES (1, 2); SELECT title FROM posts; SELECT other FROM side.posts',
  'ALTER TABLE side.own ADD COLUMN k text; UPDATE side.own SET k = 1',
  "CREATE TYPE k AS ENUM ('a'); ALTER TABLE people ADD COLUMN k k DEFAULT 'a'",
  "ALTER TYPE mood ADD VALUE 'glad'; SELECT mood FROM people",
  'CREATE DOMAIN k AS integer CHECK (VALUE > 1); CREATE TABLE kk (k k)',
  'CREATE TYPE k AS (a integer); CREATE TABLE kk (k k)',
  'CREATE ROLE tried_k; GRANT SELECT ON people TO tried_k; CREATE POLICY k ON people TO tried_k USING (true); DROP OWNED BY tried_k; DROP ROLE tried_k',
  'GRANT SELECT ON people TO PUBLIC, CURRENT_USER',
  "SET TIME ZONE 'UTC'; SET my.own = 'x'; SET LOCAL work_mem = '8MB'; RESET work_mem; SET NAMES 'UTF8'",
  'REFRESH MATERIALIZED VIEW CONCURRENTLY keyed',
  'REFRESH MATERIALIZED VIEW ages',
  'CREATE UNIQUE INDEX k ON ages (age); REFRESH MATERIALIZED VIEW CONCURRENTLY ages',
  'CREATE INDEX k ON ages (n)',
  'ALTER MATERIALIZED VIEW ages RENAME COLUMN n TO m; SELECT m FROM ages',
  'CREATE OR REPLACE VIEW adults AS SELECT id, name, age FROM people; SELECT age FROM adults',
  'DROP VIEW adults; CREATE VIEW adults AS SELECT email FROM people',
  'ALTER TABLE people DROP COLUMN age CASCADE; CREATE OR REPLACE VIEW adults AS SELECT email FROM people',
  "UPDATE adults SET name = 'x' WHERE id = 1",
  "INSERT INTO people (email) VALUES ('x') ON CONFLICT (email) DO UPDATE SET name = excluded.name",
  "INSERT INTO people (id, email) OVERRIDING SYSTEM VALUE VALUES (9, 'y')",
  'UPDATE people SET shown = DEFAULT',
  'SELECT people.* FROM people FOR UPDATE OF people',
  'SELECT p.id, p.name, count(*) FROM people p JOIN posts ON posts.author = p.id GROUP BY p.id',
  'WITH people AS (SELECT 1 AS other) SELECT other FROM people',
  'SELECT public.people.name FROM public.people',
  "SELECT nextval('posts_id_seq'), setval('posts_id_seq', 5)",
  'DO $$ BEGIN ALTER TABLE people ADD COLUMN k integer; END $$; SELECT k FROM people',
  'SET search_path TO side, public; SELECT other FROM posts',
  'ALTER TABLE people RENAME TO folk; CREATE TABLE people (other text); SELECT other FROM people; SELECT name FROM folk',
  'ALTER TABLE people ADD COLUMN k text; UPDATE people SET k = name; CREATE INDEX k_i ON people (lower(k)); SELECT k FROM people',
  'ALTER TABLE void ALTER COLUMN note TYPE integer USING 1; UPDATE void SET note = 2',
  'ALTER TABLE people ALTER COLUMN name SET STORAGE EXTERNAL, ALTER COLUMN name SET STATISTICS 10',
  "CREATE SEQUENCE k OWNED BY people.age; ALTER TABLE people ALTER COLUMN age SET DEFAULT nextval('k')",
  "CREATE SEQUENCE k; CREATE TABLE kk (id bigint DEFAULT nextval('k'))",
  "COMMENT ON COLUMN people.name IS 'x'",
  'ALTER VIEW adults SET (check_option = local); ALTER VIEW adults RENAME COLUMN name TO called; SELECT called FROM adults',
  'DO $$ BEGIN CREATE ROLE tried_m; END $$; GRANT SELECT ON people TO tried_m; DROP OWNED BY tried_m; DROP ROLE tried_m',
  'DO $$ BEGIN CREATE FUNCTION made_m() RETURNS integer LANGUAGE sql AS $q$ SELECT 1 $q$; END $$; DROP FUNCTION made_m()',
  'ALTER TABLE measures ADD COLUMN k integer; ALTER TABLE measures_1 ALTER COLUMN k SET DEFAULT 1',
  'ALTER INDEX posts_pkey RENAME TO k; ALTER TABLE posts DROP CONSTRAINT k',
  'CREATE TABLE k (parent integer REFERENCES k (id), id integer PRIMARY KEY); ALTER TABLE k DROP CONSTRAINT k_parent_fkey',
  'CREATE VIEW k AS SELECT p.*, posts.title FROM people p LEFT JOIN posts ON posts.author = p.id; CREATE OR REPLACE VIEW k AS SELECT p.*, posts.title, 1 AS one FROM people p LEFT JOIN posts ON posts.author = p.id',
  'CREATE TABLE k (id integer) PARTITION BY HASH (id); CREATE TABLE k0 PARTITION OF k FOR VALUES WITH (MODULUS 1, REMAINDER 0); ALTER TABLE k ADD PRIMARY KEY (id); INSERT INTO k VALUES (1)',
  'WITH gone AS (DELETE FROM posts WHERE id < 0 RETURNING *) INSERT INTO void (id, note) SELECT id, title FROM gone',
  'SELECT people, (people).id, row_to_json(people) FROM people',
  'CREATE FUNCTION k(people) RETURNS text LANGUAGE sql AS $$ SELECT $1.name $$; SELECT people.k FROM people',
  'ALTER TYPE mood RENAME TO temper; ALTER TABLE people ADD COLUMN k temper',
  'ALTER TABLE void SET SCHEMA side; SELECT note FROM side.void',
  "SET datestyle = 'DMY'; UPDATE people SET born = '31/12/2020'",
  'SET check_function_bodies = off; CREATE FUNCTION k() RETURNS text LANGUAGE sql AS $$ SELECT no_such FROM people $$',
  'ALTER TABLE people ADD COLUMN k text; CREATE FUNCTION k() RETURNS text LANGUAGE sql SET search_path = public, pg_temp AS $$ SELECT k FROM people $$',
  'ALTER TABLE measures OWNER TO CURRENT_USER, ADD COLUMN k integer; SELECT k FROM measures',
  'CREATE FUNCTION k() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE people ADD COLUMN k integer; RETURN 1; END $$; SELECT k(); SELECT people FROM people',
  'CREATE TABLE k PARTITION OF measures DEFAULT; ALTER TABLE measures ADD COLUMN m integer; SELECT m FROM measures',
  // Tables that refer to themselves, and values that are made of several.
  'ALTER TABLE tree ADD COLUMN k integer; INSERT INTO tree (id, k) VALUES (1, 2)',
  'ALTER TABLE pairs ALTER COLUMN pair SET NOT NULL',
  'INSERT INTO rows_of SELECT rowed FROM rowed',
  'SELECT counted(array_agg(listed)) FROM listed',
  // What a function's text names, and what it locks.
  'CREATE FUNCTION k() RETURNS void LANGUAGE sql AS $$ DELETE FROM people $$',
  'CREATE FUNCTION k() RETURNS void LANGUAGE sql AS $$ SELECT id FROM people FOR UPDATE $$',
  'CREATE FUNCTION "K"() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$; CREATE FUNCTION kk() RETURNS integer LANGUAGE sql AS $$ SELECT "K"() $$',
  'ALTER TABLE "Odd.Name" ADD COLUMN k integer; CREATE FUNCTION k() RETURNS integer LANGUAGE sql AS $$ SELECT max(k) FROM public."Odd.Name" $$',
  "CREATE TYPE k AS ENUM ('a'); CREATE FUNCTION kk() RETURNS text LANGUAGE sql AS $$ SELECT 'a'::public.k::text $$",
  'WITH void AS (DELETE FROM void WHERE id = 9 RETURNING *) SELECT * FROM void',
  // What is computed at once.
  "CREATE TABLE k PARTITION OF lists FOR VALUES IN (nextval('numbers'))",
  "CREATE TABLE k (n integer); ALTER TABLE lists ATTACH PARTITION k FOR VALUES IN (setval('numbers', 50))",
  // What is dropped again.
  'CREATE TRIGGER k BEFORE UPDATE ON void FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION noted(); DROP TRIGGER k ON void; ALTER TABLE void ALTER COLUMN id TYPE bigint',
  'CREATE POLICY k ON void USING (id > 1); DROP POLICY k ON void; ALTER TABLE void ALTER COLUMN id TYPE bigint',
  'CREATE POLICY k ON void USING (id > 1); ALTER POLICY k ON void USING (true); ALTER TABLE void ALTER COLUMN id TYPE bigint',
  'CREATE RULE k AS ON INSERT TO void DO ALSO DELETE FROM void WHERE id = 5; DROP RULE k ON void; ALTER TABLE void ALTER COLUMN id TYPE bigint',
  // What is found by a text, or elsewhere.
  "CREATE TYPE k AS ENUM ('a'); SELECT 'public.k'::regtype",
  "CREATE FUNCTION k() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$; SELECT 'k()'::regprocedure",
  "CREATE TYPE k AS RANGE (subtype = integer); SELECT k(1, 2), '[1,2)'::k",
  'SELECT ctid FROM ages',
  "DO $$ BEGIN EXECUTE 'CREATE TABLE made_t (id integer)'; END $$; INSERT INTO made_t VALUES (1)",
  'CREATE SCHEMA k CREATE TABLE t (id integer); SELECT id FROM k.t',
  "CREATE TABLE k (mood mood); ALTER TABLE void ADD COLUMN mood mood; ALTER TYPE mood ADD VALUE 'glad'; SELECT mood FROM k",
] as const;
