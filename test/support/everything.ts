/** Of all that pg_dump writes beside tables and rows at least one, by a superuser of a PostgreSQL 15 or later. */
export const EVERYTHING = `
CREATE EXTENSION citext; CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools;
COMMENT ON SCHEMA tools IS 'of tools'; COMMENT ON EXTENSION citext IS 'of ours';
CREATE SCHEMA odd; COMMENT ON SCHEMA odd IS '';

CREATE COLLATION plain (LOCALE = 'C'); CREATE COLLATION loose (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE TYPE mood AS ENUM ('sad', 'glad'); ALTER TYPE mood ADD VALUE 'so so' BEFORE 'glad';
CREATE TYPE pair AS (one int, other text COLLATE plain);
CREATE DOMAIN short AS text COLLATE plain DEFAULT 'none' NOT NULL CONSTRAINT not_long CHECK (length(VALUE) < 10);
CREATE DOMAIN later AS int; ALTER DOMAIN later ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;
CREATE FUNCTION distance(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = distance);
CREATE TYPE undefined;
COMMENT ON TYPE mood IS 'of moods'; COMMENT ON DOMAIN short IS 'of texts'; COMMENT ON CONSTRAINT not_long ON DOMAIN short IS 'ten';

CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN RETURN new; END';
CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE done(INOUT a int DEFAULT 1) LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT row($1, 'a')::pair $$;
CREATE CAST (int AS pair) WITH FUNCTION to_pair(int) AS ASSIGNMENT;
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = SAFE, COMBINEFUNC = int4pl);
CREATE FUNCTION same(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).one = ($2).one';
CREATE FUNCTION unlike(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).one <> ($2).one';
CREATE OPERATOR <=== (LEFTARG = pair, RIGHTARG = pair, FUNCTION = same, RESTRICT = eqsel, COMMUTATOR = OPERATOR(<===), NEGATOR = OPERATOR(<!==), HASHES, MERGES);
CREATE OPERATOR <!== (LEFTARG = pair, RIGHTARG = pair, FUNCTION = unlike, NEGATOR = OPERATOR(<===), RESTRICT = neqsel);
CREATE OPERATOR FAMILY numbers USING btree;
CREATE OPERATOR CLASS backwards FOR TYPE int USING btree FAMILY numbers AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY numbers USING btree ADD OPERATOR 1 > (int, int8);
CREATE CONVERSION as_latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE FUNCTION of_pair(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'numeric_sortsupport';
CREATE TRANSFORM FOR tid LANGUAGE sql (FROM SQL WITH FUNCTION of_pair(internal));
CREATE FUNCTION ours_called() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE ours HANDLER ours_called;
CREATE ACCESS METHOD heaps TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON FUNCTION told() IS 'of triggers'; COMMENT ON AGGREGATE total(int) IS 'of all'; COMMENT ON CAST (int AS pair) IS 'of ints';
COMMENT ON OPERATOR <=== (pair, pair) IS 'of pairs'; COMMENT ON OPERATOR CLASS backwards USING btree IS 'of turns';
COMMENT ON LANGUAGE ours IS 'of us'; COMMENT ON COLLATION plain IS 'of bytes';

CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION found (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION found ADD MAPPING FOR asciiword, word WITH words, simple;
CREATE TEXT SEARCH PARSER parsed (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE made (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH CONFIGURATION found IS 'of words';

CREATE FOREIGN DATA WRAPPER elsewhere OPTIONS (debug 'true');
CREATE SERVER there TYPE 'any' VERSION '1' FOREIGN DATA WRAPPER elsewhere OPTIONS (host 'a', port '1');
CREATE USER MAPPING FOR PUBLIC SERVER there OPTIONS (password 'secret');
CREATE FOREIGN TABLE far (a int OPTIONS (name 'b')) SERVER there OPTIONS (of 'c');

CREATE TABLE rows (id int PRIMARY KEY, body text, note text COLLATE plain, kept text, is_of pair, low short, at span,
  UNIQUE NULLS NOT DISTINCT (note), CONSTRAINT mean CHECK (id > 0) NO INHERIT);
ALTER TABLE rows ALTER body SET STORAGE EXTERNAL, ALTER note SET COMPRESSION pglz, ALTER note SET STATISTICS 500, ALTER kept SET (n_distinct = 5);
ALTER TABLE rows SET (fillfactor = 70, toast.autovacuum_enabled = false); ALTER TABLE rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON rows AS RESTRICTIVE FOR SELECT TO pg_monitor, postgres USING (id > 1);
CREATE INDEX rows_body ON rows (lower(body)); ALTER INDEX rows_body ALTER COLUMN 1 SET STATISTICS 300;
ALTER TABLE rows CLUSTER ON rows_pkey;
CREATE TRIGGER tells BEFORE UPDATE ON rows FOR EACH ROW EXECUTE FUNCTION told(); ALTER TABLE rows ENABLE REPLICA TRIGGER tells;
CREATE RULE quiet AS ON DELETE TO rows DO INSTEAD NOTHING; ALTER TABLE rows ENABLE ALWAYS RULE quiet;
ALTER TABLE rows ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES rows DEFERRABLE INITIALLY DEFERRED NOT VALID;
CREATE STATISTICS linked (ndistinct, mcv) ON id, body FROM rows; ALTER STATISTICS linked SET STATISTICS 40;
COMMENT ON TABLE rows IS 'of rows'; COMMENT ON COLUMN rows.body IS 'of bodies'; COMMENT ON INDEX rows_body IS 'of lower';
COMMENT ON CONSTRAINT mean ON rows IS 'positive'; COMMENT ON TRIGGER tells ON rows IS 'of changes'; COMMENT ON POLICY seen ON rows IS 'of sight';
COMMENT ON RULE quiet ON rows IS 'of none'; COMMENT ON STATISTICS linked IS 'of two';
CREATE TABLE told_of (a int NOT NULL); CREATE UNIQUE INDEX told_of_a ON told_of (a); ALTER TABLE told_of REPLICA IDENTITY USING INDEX told_of_a;
CREATE TABLE all_of (a int); ALTER TABLE all_of REPLICA IDENTITY FULL;
CREATE UNLOGGED TABLE brief (a int) USING heaps; CREATE TABLE as_pair OF pair;
CREATE TABLE parent (a text); CREATE TABLE child (b text) INHERITS (parent); ALTER TABLE ONLY parent ALTER a SET STORAGE EXTERNAL;
CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a); CREATE INDEX parts_a ON parts (a);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (9); CREATE TABLE part_rest PARTITION OF parts DEFAULT;
ALTER TABLE part_1 ALTER b SET STORAGE MAIN;
CREATE VIEW shown WITH (security_barrier, check_option = local) AS SELECT id, body FROM rows WHERE id > 0; ALTER VIEW shown ALTER body SET DEFAULT 'b';
CREATE MATERIALIZED VIEW filled AS SELECT 1 AS a; CREATE MATERIALIZED VIEW unfilled WITH (fillfactor = 50) AS SELECT 'a'::text AS a WITH NO DATA;
CREATE VIEW over AS SELECT a FROM filled; CREATE RECURSIVE VIEW counted(n) AS SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 5;
CREATE SEQUENCE numbered AS smallint INCREMENT 2 MINVALUE 3 MAXVALUE 99 CACHE 5 CYCLE; CREATE SEQUENCE owned OWNED BY told_of.a;
COMMENT ON VIEW shown IS 'of shown'; COMMENT ON SEQUENCE numbered IS 'of numbers'; COMMENT ON MATERIALIZED VIEW filled IS 'of one';
CREATE TABLE chosen (status varchar(9) CHECK (status IN ('a', 'b')), of int, CHECK (of BETWEEN 1 AND 5 AND of <> 3)); CREATE INDEX chosen_of ON chosen (of) WHERE status IN ('a', 'b');
CREATE VIEW choice AS SELECT -1::int AS less, status NOT IN ('c', 'd') AS other FROM chosen;
CREATE VIEW listed (a, b) AS VALUES (1, 'a'), (2, 'b');
CREATE TABLE above (a int); CREATE TABLE below (b int) INHERITS (above); CREATE TABLE lowest (d int) INHERITS (below); ALTER TABLE above ADD c int;

CREATE EVENT TRIGGER hears ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION heard(); ALTER EVENT TRIGGER hears DISABLE;
CREATE PUBLICATION news FOR TABLE told_of WHERE (a > 1), rows (id, note) WITH (publish = 'insert, update');
CREATE PUBLICATION paper FOR TABLES IN SCHEMA odd WITH (publish_via_partition_root = true); CREATE PUBLICATION whole FOR ALL TABLES;
COMMENT ON EVENT TRIGGER hears IS 'of ears'; COMMENT ON PUBLICATION news IS 'of news'; COMMENT ON SERVER there IS 'of far';
SELECT lo_create(7000); COMMENT ON LARGE OBJECT 7000 IS 'of blobs';
`;
