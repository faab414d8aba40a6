import { describe, expect, it } from '@jest/globals';
import { asReparsed } from '../../src/backup/postgres/reparsed.js';

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
      'one after the other',
      '(ARRAY[a])::text[] || (ARRAY[b])::text[]',
      'ARRAY[(a)::text] || ARRAY[(b)::text]',
    ],
  ])('%s', (_, written, again) => {
    expect(asReparsed(written)).toBe(again);
    expect(asReparsed(again)).toBe(again);
  });

  it.each([
    ['with a length', '(ARRAY[a])::character varying(3)[]'],
    ['of arrays', '(ARRAY[ARRAY[a], ARRAY[b]])::text[]'],
    ['that is not cast', '(ARRAY[a, b])'],
    ['that does not end', "(ARRAY['a"],
  ])('an array %s stays', (_, written) => {
    expect(asReparsed(written)).toBe(written);
  });
});
