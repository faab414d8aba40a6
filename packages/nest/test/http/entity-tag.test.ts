import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readIfMatch, readIfNoneMatch, writeEntityTag } from '../../src/http/entity-tag.js';

const TAGS = ['a', 'b', '', 'a,b', ' a ', 'W/', '1-0f3a', '\\', 'é', '*'];

/** The tags of `TAGS` that a header names. */
const named = (test: ((tag: string | null) => boolean) | undefined) =>
  TAGS.filter((tag) => test?.(tag));

describe('entity tags', () => {
  it('are written in double quotes', () => {
    expect(writeEntityTag('1-0f3a')).toBe('"1-0f3a"');
  });

  it('are asked for by nobody without a header', () => {
    expect(readIfMatch(undefined)).toBeUndefined();
    expect(readIfNoneMatch(undefined)).toBeUndefined();
  });

  it.each([
    ['"a"', ['a']],
    ['  "a"\t', ['a']],
    ['"a","b"', ['a', 'b']],
    ['"a" \t, \t"b"', ['a', 'b']],
    [', "a",, ,"b",', ['a', 'b']],
    ['"a,b"', ['a,b']],
    ['""', ['']],
    ['"W/"', ['W/']],
    ['"*"', ['*']],
    ['"\\"', ['\\']],
    ['"é"', ['é']],
    ['"1-0f3a"', ['1-0f3a']],
    ['"A"', []],
    ['"unknown"', []],
  ])('%s names %j, strongly and weakly', (header, expected) => {
    expect(named(readIfMatch(header))).toEqual(expected);
    expect(named(readIfNoneMatch(header))).toEqual(expected);
    expect(readIfMatch(header)?.(null)).toBe(false);
    expect(readIfNoneMatch(header)?.(null)).toBe(false);
  });

  it.each([
    ['W/"a"', [], ['a']],
    ['W/"a", "b"', ['b'], ['a', 'b']],
    ['W/"a", "a"', ['a'], ['a']],
  ])('%s names %j strongly, %j weakly', (header, strongly, weakly) => {
    expect(named(readIfMatch(header))).toEqual(strongly);
    expect(named(readIfNoneMatch(header))).toEqual(weakly);
  });

  it.each(['*', ' * ', '*\t'])('%j names whatever is there', (header) => {
    for (const read of [readIfMatch, readIfNoneMatch]) {
      expect(named(read(header))).toEqual(TAGS);
      expect(read(header)?.(null)).toBe(false);
    }
  });

  it.each([
    '',
    ' ',
    ',',
    ' , ,',
    'a',
    '"a',
    'a"',
    '"a" b',
    '"a""b"',
    '"a" "b"',
    'w/"a"',
    'W/ "a"',
    'W"a"',
    'W/a',
    "'a'",
    '*, "a"',
    '"a", *',
    '**',
    '" "',
    '"a b"',
    '"a\u007f"',
    '"a\u0001"',
    '"\u0100"',
    '"a"\n',
    '"a";',
  ])('%j is refused', (header) => {
    for (const read of [readIfMatch, readIfNoneMatch]) {
      expect(() => read(header)).toThrow(expect.objectContaining({ code: 'PRECONDITION_INVALID' }));
    }
  });

  it('come back from any list that names them', () => {
    const opaque = fc.stringMatching(/^[\x21\x23-\x7E\x80-\xFF]{0,20}$/);
    const tag = fc.record({ opaque, weak: fc.boolean() });
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), opaque, (tags, other) => {
        const header = tags.map((each) => `${each.weak ? 'W/' : ''}"${each.opaque}"`).join(', ');
        const [strong, weak] = [readIfMatch(header), readIfNoneMatch(header)];
        for (const each of [...tags.map((one) => one.opaque), other]) {
          expect(strong?.(each)).toBe(tags.some((one) => one.opaque === each && !one.weak));
          expect(weak?.(each)).toBe(tags.some((one) => one.opaque === each));
        }
      }),
    );
  });

  it('are read to the end of the longest header that Node takes', () => {
    const header = `"a"${' '.repeat(16_000)}, ${', '.repeat(16_000)}"b"`;
    expect(named(readIfMatch(header))).toEqual(['a', 'b']);
    expect(() => readIfMatch(`${header} x`)).toThrow();
  });
});
