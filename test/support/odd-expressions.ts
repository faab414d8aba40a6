/** Columns of a table that expressions are about. */
export const COLUMNS =
  's varchar(9), i int, n numeric, f float8, d date, ts timestamptz, a int[], j jsonb, b bool, c char(3), g bigint, m smallint, t text, sa varchar[]';

/** Conditions about them, one a line, of which a server writes something else once it has read its own words again. */
export const EXPRESSIONS: readonly string[] = lines(String.raw`
s IN ('a','b')
s NOT IN ('a','b')
i = - - 1::int
i = -(-1)
i = - - -1::int
g = -1::bigint
n = - - 1.5::numeric
f = - - 1.5::float8
i = - (-i)
i = @ -5::int
g = (-1)::bigint
g = -9223372036854775808
i = - '-1'::int
n = -1::numeric(5,2)
i BETWEEN 1 AND 2 AND b
b AND i BETWEEN 1 AND 2 AND n BETWEEN 1 AND 2
(b AND b) AND (b AND b)
NOT (b AND b AND b) AND b
(b OR b) AND (b OR b) OR b
s SIMILAR TO 'a|b'
s = ANY(ARRAY['a'::varchar,'b'])
s = ANY(sa::text[])
s IN ('a', upper(s))
s::varchar(3) IN ('a','b')
lower(s) = ANY (ARRAY['a'::varchar(3)])
s COLLATE "C" IN ('a','b')
c IN ('a','b')
c::text IN ('a','b')
n IN (-1::int, 2.5)
i NOT IN (- 1::int, - - 2::int)
f IN (1, -1.5::float8)
a = ARRAY[-1::int,- - 2::int]
a <@ ARRAY[]::int[]
ARRAY[ARRAY[1,2],ARRAY[-3::int,4]] = ARRAY[a,a]
ARRAY[ARRAY[s]]::text[] = ARRAY[ARRAY['a']]
(i, n) IN ((-1::int,2),(1, - - 2::int))
ROW(i,n) < ROW(1,-2::int)
i IS DISTINCT FROM -1::int
coalesce(s,'x') IN ('x','y')
nullif(i,-1::int) IS NULL
CASE s WHEN 'a' THEN 1 WHEN 'b' THEN -1::int ELSE - - 1::int END = 1
CASE WHEN s IN ('a','b') THEN i IN (1,2) ELSE i BETWEEN 1 AND 2 AND b END
d + -1::int = d
j->-1::int = 'null'
'(- 1)' = s
s = 'ARRAY[''a''::text])::text[]'
s = '((a AND b) AND c)'
2 ^ -1::int = f
abs(- - 1::int) = i
round(-1.5::numeric, -1::int) = 1
i = -0::int
n = - 0.0::numeric
n = 1 - -1.5::numeric
i - -1 = 1
s IN ('a', NULL)
i IN (1, NULL, -1::int)
i > ANY (ARRAY[-1,-2::int])
t::varchar(5) IN ('a','b')
- - '1 day'::interval = '1 day'
a[- - 1::int] = 1
s LIKE ANY (ARRAY['a','b']::varchar[])
s::text = ANY ((ARRAY['a','b']::varchar[])::text[])
c::text = ANY (ARRAY['a','b']::bpchar[])
g = ANY (ARRAY[1,-2::int]::bigint[])
n = ANY (ARRAY[i,-2::int]::numeric(5,2)[])
(ARRAY[i,m])::text[] = ARRAY['a']
i IN (m, g)
`);

/** The same in statements of their own, one a line, about the table `t`. */
export const STATEMENTS: readonly string[] = lines(String.raw`
CREATE VIEW v1 AS WITH RECURSIVE r(n) AS (VALUES (-1::int) UNION ALL SELECT n + 1 FROM r WHERE n < 5 AND n BETWEEN 1 AND 4 AND n <> 3) SELECT n FROM r
CREATE VIEW v2 AS SELECT i, row_number() OVER (PARTITION BY s ORDER BY n DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t
CREATE VIEW v3 AS SELECT s, i, count(*) FILTER (WHERE s IN ('a','b')), grouping(s, i) FROM t GROUP BY GROUPING SETS ((s), (i), ()), CUBE (s, i)
CREATE VIEW v4 AS SELECT * FROM t NATURAL JOIN (SELECT s, i FROM t) AS q
CREATE VIEW v6 AS SELECT * FROM ROWS FROM (generate_series(1, -1::int), unnest(ARRAY['a','b']::varchar[])) WITH ORDINALITY AS f(a, b, c)
CREATE VIEW v7 AS SELECT i FROM t TABLESAMPLE bernoulli (10) REPEATABLE (-1::int)
CREATE VIEW v8 AS SELECT i FROM t ORDER BY i FETCH FIRST 3 ROWS WITH TIES
CREATE VIEW v9 AS SELECT i FROM t WHERE s IN (SELECT s FROM t WHERE i IN (-1::int)) AND EXISTS (SELECT FROM t) AND i > ALL (SELECT -1::int)
CREATE VIEW v10 AS (SELECT 1 AS a UNION SELECT -1::int) INTERSECT (SELECT 2 EXCEPT ALL SELECT 3)
CREATE VIEW v11 AS SELECT (SELECT s FROM t LIMIT -(-1)::int) AS a, ARRAY(SELECT i FROM t) AS b, t AS whole FROM t
CREATE VIEW v12 AS VALUES (-1::int, 'a'), (- - 2::int, 'b')
CREATE VIEW v13 (x, y) AS SELECT * FROM (VALUES (1, 'a'), (-2::int, 'b')) AS w
CREATE VIEW v14 AS SELECT x.* FROM (VALUES (1, 'a'), (-2::int, 'b')) AS x (one, two)
CREATE VIEW v15 AS SELECT string_agg(s, ',' ORDER BY i DESC), percentile_cont(0.5) WITHIN GROUP (ORDER BY f) FROM t
CREATE VIEW v16 AS SELECT xmlelement(name foo, xmlattributes(s AS bar), s, xmlforest(i AS a)), xmlparse(document '<a/>'), xmlserialize(content '<a/>'::xml AS text) FROM t
CREATE VIEW v18 AS WITH m AS MATERIALIZED (SELECT -1::int AS a), n AS NOT MATERIALIZED (SELECT 1) SELECT * FROM m, n
CREATE VIEW v20 AS SELECT DISTINCT ON (s) s, i FROM t ORDER BY s, i USING >
CREATE VIEW v21 AS SELECT s AS "select", i AS "order by", 'it''s (VALUES ' AS x, "t"."s" AS "a ""b" FROM t
CREATE VIEW v22 AS SELECT CASE WHEN s IN ('a','b') THEN (SELECT CASE i WHEN -1::int THEN 1 END) END FROM t
CREATE VIEW v23 AS SELECT * FROM t WHERE (s, i) IN (SELECT s, i FROM t) OR ROW(s, i) = ANY (SELECT s, i FROM t)
CREATE VIEW v24 AS SELECT i FROM t WINDOW w AS (ORDER BY i RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)
CREATE VIEW v25 AS SELECT sum(i) OVER w FROM t WINDOW w AS (ORDER BY i RANGE BETWEEN 1 PRECEDING AND -(-1)::int FOLLOWING)
CREATE VIEW v26 AS TABLE t
CREATE VIEW v27 AS SELECT a.i FROM (t AS a JOIN t AS b ON a.i = b.i AND a.i BETWEEN 1 AND 2 AND b.b) LEFT JOIN (t AS c CROSS JOIN t AS d) ON c.s IN ('a','b') FULL JOIN t AS e ON e.i = a.i
CREATE VIEW v28 AS SELECT i FROM t FOR UPDATE OF t SKIP LOCKED
CREATE VIEW v30 AS SELECT 'a' AS a, NULL AS b, 'x'::char AS c, 1::char(2) AS d, 'y'::"char" AS e
CREATE VIEW v31 AS SELECT interval '1' year, time '10:00', timestamp with time zone '2020-01-01 00:00Z', '2020-01-01'::date - '-1 day'::interval
CREATE VIEW v32 AS SELECT collation for (s), current_schema, session_user, current_catalog, current_time(2), localtimestamp(1) FROM t
CREATE VIEW v34 AS SELECT x FROM unnest(ARRAY[-1::int, 2]) AS x WHERE x IN (-1::int, - - 2::int)
CREATE VIEW v35 AS SELECT i OPERATOR(pg_catalog.-) -1::int AS a, OPERATOR(pg_catalog.-) 1::int AS b, OPERATOR(pg_catalog.-) i AS c FROM t
CREATE VIEW v36 AS SELECT 1 WHERE (SELECT s FROM t) IN ('a','b') AND ((SELECT true) AND (SELECT false)) AND true
CREATE VIEW v39 AS SELECT normalize(s, NFC), s IS NORMALIZED, substring(s, 1), extract(epoch from -'1 day'::interval) FROM t
CREATE TABLE rp (i int, n numeric, s varchar) PARTITION BY RANGE (i, n)
CREATE TABLE rp1 PARTITION OF rp FOR VALUES FROM (-5, -1.5) TO (- - 5::int, MAXVALUE)
CREATE TABLE rp2 PARTITION OF rp FOR VALUES FROM (10 - -1::int, MINVALUE) TO (2*10, 1)
CREATE TABLE rp3 PARTITION OF rp (CHECK (s IN ('a','b'))) DEFAULT
CREATE TABLE rpe (i int, s varchar) PARTITION BY RANGE ((- i), (lower(s)))
CREATE TABLE rpe1 PARTITION OF rpe FOR VALUES FROM (-5, 'a') TO (-1::int, 'b')
CREATE FUNCTION fd(a int DEFAULT - - 1::int, b varchar DEFAULT 'x', c bool DEFAULT 'x'::varchar IN ('a','b'), d int[] DEFAULT ARRAY[-1::int, 2], VARIADIC e text[] DEFAULT ARRAY['a','b']::varchar[]) RETURNS TABLE (x int, y text) LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN x := - - 1::int; IF 'a' IN ('a') THEN RETURN; END IF; END $$
CREATE FUNCTION fa(s varchar, VARIADIC i int[] DEFAULT '{-1}') RETURNS SETOF t LANGUAGE sql BEGIN ATOMIC WITH d AS (DELETE FROM t WHERE t.s IN ('a','b') AND t.i BETWEEN 1 AND -2::int AND b RETURNING *) INSERT INTO t SELECT * FROM d ON CONFLICT DO NOTHING; UPDATE t SET (i, s) = (SELECT -1::int, 'b') WHERE t.s NOT IN ('a','b'); SELECT * FROM t; END
CREATE PROCEDURE pa(s varchar) LANGUAGE sql BEGIN ATOMIC INSERT INTO t (i, s) VALUES (-1::int, 'a'), (- - 2::int, DEFAULT) RETURNING i; END
CREATE FUNCTION fr(x varchar DEFAULT 'b') RETURNS bool LANGUAGE sql IMMUTABLE RETURN x IN ('a','b') AND (SELECT true WHERE x BETWEEN 'a' AND 'b' AND true)
CREATE INDEX ri ON t (s varchar_pattern_ops DESC, (i - -1::int), (s IN ('a','b'))) INCLUDE (n) WITH (fillfactor = 50) WHERE i = - - 1::int
CREATE INDEX ri2 ON t ((- i)); CREATE INDEX ri3 ON t (abs(-1::int)); CREATE INDEX ri4 ON t ((-1::int)); CREATE INDEX ri5 ON t (greatest(i, -1::int))
CREATE TABLE ex (r int4range, s varchar, EXCLUDE USING gist (r WITH &&, (int4range(-1::int, 5)) WITH &&) WHERE (s IN ('a','b')))
CREATE RULE rr2 AS ON DELETE TO t DO ALSO (NOTIFY x, 'y'; INSERT INTO ex (s) VALUES (old.s), ('b'))
CREATE TRIGGER tu BEFORE UPDATE OF s, i ON t FOR EACH ROW WHEN (old.s IN ('a','b') AND new.i BETWEEN -1::int AND 5 AND new.b) EXECUTE FUNCTION told('- 1', '(- 1)')
CREATE DOMAIN dd AS varchar(5) DEFAULT 'a' CHECK (VALUE IN ('a','b')) CHECK (VALUE <> ALL (ARRAY['c','d']) AND length(VALUE) BETWEEN -1::int AND 5 AND true)
CREATE TABLE dt (d dd CHECK (d IN ('a','b')), e dd[] CHECK (e <@ ARRAY['a','b']::dd[]), f dd DEFAULT 'b', g int DEFAULT -1::int * 2, h interval DEFAULT - '1 day'::interval, k numeric(5,2) DEFAULT - - 1.5::numeric, l float4 DEFAULT -1.5::float4)
CREATE STATISTICS st1 ON (s IN ('a','b')), (abs(-1::int)), (- i), (s || 'x'), s FROM t
CREATE STATISTICS st2 (mcv) ON (greatest(i, -1::int)), (d IN ('2020-01-01')), (CASE WHEN s IN ('a','b', s || 'c', lower(s), s COLLATE "C", (CASE WHEN b THEN s END)) THEN - - 1::int END) FROM t
CREATE STATISTICS st3 ON ((ARRAY[s, t])::text[]), ((ARRAY[i, -1::int])::bigint[]), ((ARRAY[i + 1, m])::text[]), (coalesce(s, 'x') IN ('a', 'it''s, ]', "s")) FROM t
CREATE STATISTICS st4 ON (s = ANY (ARRAY[sa[1], (j->>'a')::varchar, 'x'::varchar, s::varchar(3)])), (power(2, - 1.5)), (a[-1::int]), (i IN (-1::int)), (abs(- (- 1::int)::int)), (abs(i - 1)), (round(n - 1.5, - 1::int)) FROM t
CREATE TYPE comp AS (a int, b varchar); CREATE TABLE ct (c comp CHECK ((c).a = -1::int AND (c).b IN ('a','b')), d comp[] DEFAULT ARRAY[ROW(-1::int,'a')]::comp[], CHECK (c IN (ROW(1,'a'), ROW(-2::int,'b'))))
CREATE TYPE en AS ENUM ('a','b'); CREATE TABLE et (e en CHECK (e IN ('a','b')), f en[] CHECK (f && ARRAY['a']::en[]), CHECK (e::text IN ('a','b')), CHECK (e = ANY (f)), CHECK (e::varchar IN ('a')))
CREATE TABLE "Odd ""T" ("S" varchar CHECK ("S" IN ('a','b')), "(- 1)" int CHECK ("(- 1)" = - - 1::int), " AND " bool CHECK (" AND " AND (" AND " AND " AND ")))
CREATE TABLE nm (n name CHECK (n IN ('a','b')), c "char" CHECK (c IN ('a','b')), u uuid CHECK (u IN ('00000000-0000-0000-0000-000000000000')), iv interval CHECK (iv IN ('1 day', - interval '1 day')), bt bytea CHECK (bt IN ('\x00')), ts timestamp CHECK (ts IN ('2020-01-01') AND ts > '-infinity'), o oid CHECK (o IN (1,2)), r regclass CHECK (r <> 't'::regclass), vb varbit CHECK (vb IN (B'1', B'0')), bp char(2) CHECK (bp IN ('a','b')), i8 int8 CHECK (i8 IN (1, -2::int, 3000000000)), f4 float4 CHECK (f4 IN (1, -1.5::float4)), js json, vc varchar CHECK (vc IN ('a','b')) CHECK (vc::varchar(2) IN ('a')))
ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY pp ON t FOR UPDATE USING (s IN ('a','b') AND i BETWEEN -1::int AND 2 AND b OR EXISTS (SELECT FROM rp WHERE rp.s IN ('a', t.s))) WITH CHECK (i = - - 1::int)
CREATE VIEW w1 AS SELECT * FROM t WHERE EXISTS (SELECT 'x' FROM t)
CREATE VIEW w2 AS SELECT * FROM t WHERE EXISTS (SELECT 1 FROM t)
CREATE VIEW w3 AS SELECT * FROM t WHERE s IN (SELECT 'x' UNION SELECT 'y')
CREATE VIEW w4 AS SELECT * FROM t WHERE s = (SELECT 'x')
CREATE VIEW w5 AS SELECT 'x' AS a UNION SELECT 'y'
CREATE VIEW w6 AS SELECT 'x'::varchar AS a UNION ALL SELECT 'y'
CREATE VIEW w7 AS SELECT * FROM (SELECT 'x', 1) AS q (a, b)
CREATE VIEW w8 AS SELECT 1 AS a FROM (SELECT 'x' FROM t) AS q
CREATE VIEW w9 AS WITH q(a) AS (SELECT 'x' UNION ALL SELECT 'y') SELECT * FROM q
CREATE VIEW w10 AS WITH q AS (SELECT 'x' AS a UNION ALL SELECT upper(s) || 'z' FROM t) SELECT * FROM q
CREATE VIEW w11 AS SELECT * FROM t WHERE EXISTS (SELECT NULL FROM t)
CREATE VIEW w12 AS SELECT * FROM t WHERE EXISTS (SELECT NULL::int, true, -1::int, 1.5, now(), i + 1, 'a' || s, '1'::int, interval '1 day' FROM t)
CREATE VIEW w13 AS SELECT * FROM t WHERE s IN (SELECT CASE WHEN b THEN 'a' ELSE 'b' END FROM t)
CREATE VIEW w14 AS SELECT ARRAY(SELECT 'x') AS a, (SELECT 'x' FROM t LIMIT 1) AS b
CREATE VIEW w15 AS SELECT * FROM t WHERE (s, i) IN (SELECT 'a', 1)
CREATE VIEW w16 AS SELECT coalesce((SELECT s FROM t LIMIT 1), (SELECT 'none')) AS a
CREATE VIEW w17 AS SELECT i FROM t WHERE s = ANY (ARRAY(SELECT 'x'))
CREATE VIEW w18 AS SELECT i FROM t WHERE EXISTS (SELECT DISTINCT 'x', s FROM t)
CREATE VIEW w19 AS SELECT i FROM t WHERE EXISTS (SELECT s, i, (s), lower(s), s::text, i::text, (i)::bigint FROM t)
CREATE VIEW w20 AS SELECT i FROM t WHERE s IN (SELECT s FROM t UNION SELECT 'y')
CREATE VIEW w22 AS SELECT i FROM t WHERE EXISTS (SELECT ', AS '')' FROM t)
CREATE TABLE tt (s varchar, i int, d date, x text)
CREATE FUNCTION wf2() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 'a'; END
CREATE FUNCTION wf3() RETURNS text LANGUAGE sql RETURN (SELECT 'a')
CREATE FUNCTION wf4() RETURNS text LANGUAGE sql BEGIN ATOMIC UPDATE tt SET s = (SELECT 'q'), x = 'r' RETURNING 'done'; END
CREATE FUNCTION wf5() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT 'a' UNION ALL SELECT 'b' ORDER BY 1; END
CREATE FUNCTION wf6(OUT a text, OUT b int) LANGUAGE sql BEGIN ATOMIC SELECT 'a', -1::int; END
CREATE FUNCTION wf7() RETURNS text LANGUAGE sql BEGIN ATOMIC WITH q AS (INSERT INTO tt (s) VALUES ('a') RETURNING 'x') SELECT 'y' FROM q; END
CREATE RULE wr AS ON INSERT TO tt WHERE new.s = 'never' DO ALSO (INSERT INTO t (s, t) SELECT 'a', 'b' WHERE EXISTS (SELECT 'c'); UPDATE t SET s = (SELECT 'x'))
CREATE POLICY wp ON tt USING (EXISTS (SELECT 'x' FROM t WHERE t.s IN ('a', 'b')))
ALTER TABLE tt ADD CHECK (s <> 'SELECT ''x''::text FROM')
`);

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
