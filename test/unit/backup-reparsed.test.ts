import { describe, expect, it } from '@jest/globals';
import { asReparsed, asReparsedPretty } from '../../src/backup/postgres/reparsed.js';

describe('an expression as the server writes it once it has read it again', () => {
  it.each([
    [
      'each element of an array is cast',
      "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
      "((status)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
    ],
    [
      'commas, brackets and quotes within an element are its own',
      `x = ANY ((ARRAY['a, ])::text[]'::short, E'it''s \\\\', f(a, b[1]), "c,]""d"])::public."my type"[])`,
      `x = ANY (ARRAY[('a, ])::text[]'::short)::public."my type", (E'it''s \\\\')::public."my type", (f(a, b[1]))::public."my type", ("c,]""d")::public."my type"])`,
    ],
    [
      'a number is negative by itself',
      "(- 1) + (- 1.5) + f('(- 1)')",
      "'-1'::integer + '-1.5'::numeric + f('(- 1)')",
    ],
    ['a view is of values', "FROM (VALUES (1,'(VALUES '))", "FROM ( VALUES (1,'(VALUES '))"],
    [
      'the first links of a chain are of the chain',
      "((((a >= 1) AND (a <= 2)) AND b AND (c AND d)) AND (e = ') AND ')) OR (((f OR g) OR h) AND (NOT (i AND j)))",
      "((a >= 1) AND (a <= 2) AND b AND (c AND d) AND (e = ') AND ')) OR ((f OR g OR h) AND (NOT (i AND j)))",
    ],
    [
      'minuses before a number are of it, and not those before what is cast to one',
      "(- (- 1)) + (- (- (- 1.5))) + (- 0) + abs((- 2)) + (- '-1'::integer) + (- (1)::numeric)",
      "1 + '-1.5'::numeric + 0 + abs('-2'::integer) + (- '-1'::integer) + (- (1)::numeric)",
    ],
    [
      'a column without a name is called as its type',
      `EXISTS ( SELECT DISTINCT 'a, FROM'::text, (x)::character varying(3)[], NULL::public."My type", 1, 'b'::date AS c\n  FROM t)`,
      `EXISTS ( SELECT DISTINCT 'a, FROM'::text AS text, (x)::character varying(3)[] AS "varchar", NULL::public."My type" AS "My type", 1, 'b'::date AS c\n  FROM t)`,
    ],
    [
      'a number among them has none',
      `( SELECT (- 1), '-2'::integer AS int4, f('a'::text, 'b'::text))`,
      `( SELECT '-1'::integer, '-2'::integer, f('a'::text, 'b'::text))`,
    ],
    [
      'one after the other',
      '(ARRAY[a])::text[] || (ARRAY[b])::text[]',
      'ARRAY[(a)::text] || ARRAY[(b)::text]',
    ],
  ])('%s', (_, written, again) => {
    expect(asReparsed(written)).toBe(again);
    expect(asReparsed(again)).toBe(again);
  });

  it.each([
    [
      'each element of an array is cast, in brackets where it is more than a value',
      `s = ANY (ARRAY['a]'::text, lower(s, ')'), sa[1], b || c, (d ->> 'a')::short, "E"."F"]::public.short[])`,
      `s = ANY (ARRAY['a]'::text::public.short, lower(s, ')')::public.short, sa[1]::public.short, (b || c)::public.short, ((d ->> 'a')::short)::public.short, "E"."F"::public.short])`,
    ],
    ['an array of nothing stays', 'ARRAY[]::text[]', 'ARRAY[]::text[]'],
    [
      'a number is negative by itself where it begins an argument',
      "abs(- 1) + f(a, - (- 2)) + ARRAY[- 3.5] + a[(- 4)] + (a - 5) + f(- 6::numeric, '(- 7')",
      "abs('-1'::integer) + f(a, 2) + ARRAY['-3.5'::numeric] + a['-4'::integer] + (a - 5) + f(- 6::numeric, '(- 7')",
    ],
  ])('where there are no more brackets than needed: %s', (_, written, again) => {
    expect(asReparsedPretty(written)).toBe(again);
    expect(asReparsedPretty(again)).toBe(again);
  });

  it('takes no time over a long element', () => {
    const long = `ARRAY[${'a'.repeat(50_000)}!]::text[]`;
    expect(asReparsedPretty(long)).toContain('!)::text');
  }, 1_000);

  it.each([
    ['with a length', '(ARRAY[a])::character varying(3)[]'],
    ['of arrays', '(ARRAY[ARRAY[a], ARRAY[b]])::text[]'],
    ['that is not cast', '(ARRAY[a, b])'],
    ['that does not end', "(ARRAY['a"],
  ])('an array %s stays', (_, written) => {
    expect(asReparsed(written)).toBe(written);
  });
});
