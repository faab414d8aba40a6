import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BODY_LIMIT_BYTES, jsonBody, readJsonBody } from '../../src/http/json-body.js';
import { isRepresentable } from '../../src/http/json-number.js';
import { NAMES_LIMIT, VALUES_LIMIT } from '../../src/http/json-scan.js';
import { ReasonError } from '@holdfast/core/reasons';
import { runSync } from '@holdfast/core/event-loop-yield';

function read(body: string | Uint8Array): unknown {
  return runSync(jsonBody(Buffer.from(body as string)));
}

/** The reason code with which a body is refused. */
function refusal(body: string | Uint8Array): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ReasonError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** A decimal literal as an exact fraction: `digits` × 10^`exponent`. */
function exact(literal: string): { digits: bigint; exponent: number } {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction || '0'), exponent: Number(exponent) - fraction.length };
}

/** Whether two decimal literals are the same number, by whole numbers of any size. */
function isSameNumber(one: string, other: string): boolean {
  const [a, b] = [exact(one), exact(other)];
  if (a.digits === 0n || b.digits === 0n) return a.digits === b.digits;
  const least = Math.min(a.exponent, b.exponent);
  if (Math.max(a.exponent, b.exponent) - least > 5000) return false;
  return (
    a.digits * 10n ** BigInt(a.exponent - least) === b.digits * 10n ** BigInt(b.exponent - least)
  );
}

/** Whether a number is written into an answer as the number that was read. */
function comesBack(literal: string): boolean {
  const value = JSON.parse(literal) as number;
  if (!Number.isFinite(value)) return false;
  return !Object.is(value, -0) && isSameNumber(literal, JSON.stringify(value));
}

const digits = fc.stringMatching(/^\d{1,25}$/);

/** Any literal of JSON's grammar. */
const literals = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,24}$/)),
    fc.option(digits, { nil: undefined }),
    fc.option(
      fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), fc.stringMatching(/^0{0,2}\d{1,3}$/)),
      { nil: undefined },
    ),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      sign +
      whole +
      (fraction === undefined ? '' : `.${fraction}`) +
      (exponent === undefined ? '' : exponent.join('')),
  );

const doubles = fc.double({ noDefaultInfinity: true, noNaN: true });

/** Literals that programs write, of numbers near the limits of a double. */
const written = fc.oneof(
  doubles.map(String),
  doubles.map((value) => value.toPrecision(17)),
  doubles.map((value) => value.toPrecision(21)),
  doubles.map((value) => value.toExponential()),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.bigInt({ min: 2n ** 53n - 50n, max: 2n ** 53n + 50n }).map(String),
  fc.tuple(fc.integer(), fc.nat(40)).map(([value, zeros]) => `${value}.${'0'.repeat(zeros + 1)}`),
);

describe('readJsonBody brings back', () => {
  it('any JSON value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: 'binary' }).filter((value) => {
          const text = JSON.stringify(value);
          return !/\\u0000|"__proto__"|"prototype"/.test(text) && !hasNegativeZero(value);
        }),
        fc.constantFrom(undefined, 1, '\t'),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          const result = read(text);
          expect(result).toEqual(value);
          expect(JSON.stringify(result, null, indent)).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    'null',
    'true',
    'false',
    '0',
    '""',
    '[]',
    '{}',
    ' \t\r\n[ 1 , { "a" : null } ]\n',
    '{"constructor":1}',
    '{"constructor":{"name":1}}',
    '{"constructor":["prototype"]}',
    '{"prototype":{"constructor":1}}',
    '{"toString":1,"valueOf":2,"hasOwnProperty":3,"toJSON":4,"then":5,"length":6}',
    '{"":{"":{"":1}}}',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    String.raw`"\u0041\n\\\"\/\b\f\r\t\u001f"`,
    String.raw`"\ud83d\ude00"`,
    '"\u{1F600}\u{10FFFF}\uFFFF\u2028\u007f"',
    '"0"',
    '{"\u{1F600}":"\\uD83D\\uDE00"}',
  ])('%s', (text) => {
    const result = read(text);
    expect(result).toEqual(JSON.parse(text));
    expect(JSON.stringify(result)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('a text that names a byte order mark inside, and one before the body', () => {
    expect(read('"\uFEFFa"')).toBe('\uFEFFa');
    expect(read('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });

  it('a body as large as a body may be', () => {
    const text = 'x'.repeat(BODY_LIMIT_BYTES - 2);
    expect(read(`"${text}"`)).toBe(text);
  });
});

describe('numbers', () => {
  it.each([
    ['0', true],
    ['0.0', true],
    ['0e5', true],
    ['0E-999999999999', true],
    ['1', true],
    ['-1', true],
    ['1.0', true],
    ['1.50', true],
    ['100e-2', true],
    ['0.1', true],
    ['0.3', true],
    ['0.30000000000000004', true],
    ['1e21', true],
    ['1e23', true],
    ['1E+2', true],
    ['1e308', true],
    ['1.7976931348623157e308', true],
    ['5e-324', true],
    ['2.2250738585072014e-308', true],
    ['9007199254740991', true],
    ['9007199254740992', true],
    ['9007199254740994', true],
    ['-9007199254740992', true],
    ['100000000000000000000', true],
    [`1${'0'.repeat(308)}`, true],
    [`0.${'0'.repeat(323)}4`, false],
    [`0.${'0'.repeat(323)}5`, true],
    ['-0', false],
    ['-0.0', false],
    ['-0e1', false],
    ['-1e-400', false],
    ['1e-400', false],
    ['4e-324', false],
    ['1e400', false],
    ['-1e400', false],
    ['1.7976931348623159e308', false],
    ['9007199254740993', false],
    ['-9007199254740993', false],
    ['9007199254740993.0', false],
    ['9007199254740992.5', false],
    ['0.12345678901234567890', false],
    ['0.1000000000000000055511151231257827', false],
    ['0.10000000000000000', true],
    ['1.00000000000000000001', false],
    ['123456789012345678901234567890', false],
    ['1e99999999999999999999', false],
    ['1e-99999999999999999999', false],
    ['0e99999999999999999999', true],
  ])('%s: %j', (literal, expected) => {
    const places = [literal, `[${literal}]`, `{"a":[1,{"b":${literal}}]}`, ` ${literal} `];
    expect(isRepresentable(literal)).toBe(expected);
    expect(places.map(refusal)).toEqual(
      places.map(() => (expected ? 'accepted' : 'JSON_NUMBER_NOT_REPRESENTABLE')),
    );
  });

  it('are accepted exactly when they come back as the number that was sent', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(fc.oneof(literals, written), (literal) => {
        const expected = comesBack(literal);
        seen.add(expected);
        expect([literal, isRepresentable(literal)]).toEqual([literal, expected]);
        expect(refusal(`{"a":[${literal}]}`)).toBe(
          expected ? 'accepted' : 'JSON_NUMBER_NOT_REPRESENTABLE',
        );
      }),
      { numRuns: 3000 },
    );
    expect(seen.size).toBe(2);
  });

  it('that a program writes from a double are all accepted', () => {
    fc.assert(
      fc.property(
        doubles.filter((value) => !Object.is(value, -0)),
        (value) => read(JSON.stringify(value)) === value,
      ),
      { numRuns: 1000 },
    );
  });

  it('of whole value beyond 2^53 are accepted when their shortest text is theirs', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }), (whole) => {
        const shortest = BigInt(String(Number(whole)).replace(/e\+.*/, ''));
        expect(isRepresentable(String(whole))).toBe(shortest === whole);
      }),
    );
  });
});

describe('refuses', () => {
  it.each([
    ['nothing', ''],
    ['blanks only', '  \n'],
    ['half an object', '{"a":1'],
    ['two values', '1 2'],
    ['something behind the value', '{} x'],
    ['a trailing comma', '[1,]'],
    ['a comment', '{/* */}'],
    ['single quotes', "{'a':1}"],
    ['a name without quotes', '{a:1}'],
    ['NaN', 'NaN'],
    ['Infinity', '[-Infinity]'],
    ['undefined', 'undefined'],
    ['a plus sign', '+1'],
    ['a leading zero', '01'],
    ['a number without digits before the point', '.5'],
    ['a number without digits behind the point', '5.'],
    ['a hexadecimal number', '0x10'],
    ['a raw line break in a text', '"a\nb"'],
    ['a raw NUL in a text', '"\0"'],
    ['a raw NUL behind the value', '{}\0'],
    ['an unknown escape', String.raw`"\x41"`],
    ['half an escape', String.raw`"\u00"`],
    ['a no-break space around the value', '\u00A0{}'],
    ['a form', 'a=1&b=2'],
    ['XML', '<a/>'],
  ])('%s', (_, text) => {
    expect(refusal(text)).toBe('BODY_MALFORMED');
  });

  it.each([
    ['a byte that starts nothing', [0x22, 0xff, 0x22]],
    ['a continuation without a start', [0x22, 0x80, 0x22]],
    ['a sequence that is cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an overlong NUL', [0x22, 0xc0, 0x80, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a code point beyond Unicode', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
    ['UTF-16, little endian', [...Buffer.from('\uFEFF{"a":1}', 'utf16le')]],
    ['UTF-16 without a mark', [...Buffer.from('{"a":1}', 'utf16le')]],
    ['a broken name', [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]],
    ['bytes behind the value', [0x31, 0xff]],
  ])('what is not UTF-8: %s', (_, bytes) => {
    expect(refusal(Uint8Array.from(bytes))).toBe('BODY_MALFORMED');
  });

  it.each([
    ['a number', '{"a":1,"a":1}'],
    ['different numbers', '{"a":1,"a":2}'],
    ['the same number in other words', '{"a":1,"a":1.0}'],
    ['a text', '{"a":"x","a":"x"}'],
    ['different texts', '{"a":"x","a":"y"}'],
    ['true', '{"a":true,"a":true}'],
    ['null', '{"a":null,"a":null}'],
    ['an empty object', '{"a":{},"a":{}}'],
    ['an empty array', '{"a":[],"a":[]}'],
    ['an empty array and an empty object', '{"a":[],"a":{}}'],
    ['an object', '{"a":{"b":"c"},"a":{"b":"c"}}'],
    ['an array of texts', '{"a":["b"],"a":["b"]}'],
    ['values of different kinds', '{"a":1,"a":"1"}'],
    ['something between them', '{"a":1,"b":2,"a":1}'],
    ['three times', '{"a":"x","a":"x","a":"x"}'],
    ['an escape in one of them', '{"a":1,"\\u0061":2}'],
    ['an escape and an equal text', '{"a":"x","\\u0061":"x"}'],
    ['a pair of surrogates in one of them', '{"\u{1F600}":1,"\\ud83d\\ude00":2}'],
    ['an escaped slash', '{"/":1,"\\/":2}'],
    ['an empty name', '{"":1,"":2}'],
    ['a name of every object', '{"toString":1,"toString":2}'],
    ['a nested object', '{"b":[{"c":{"a":1,"a":1}}]}'],
    ['a nested object with equal texts', '{"b":[{"c":{"a":"x","a":"x"}}]}'],
    ['in an object that is itself repeated', '{"b":{"a":"x","a":"x"},"c":{"a":"x"}}'],
  ])('a name that an object uses twice: %s', (_, text) => {
    expect(refusal(text)).toBe('JSON_DUPLICATE_KEY');
  });

  it('any name that an object uses twice, whatever its values are', () => {
    const name = fc.string().filter((text) => text !== '__proto__' && text !== 'constructor');
    const value = fc
      .jsonValue({ maxDepth: 2 })
      .map((each) => JSON.stringify(each))
      .filter((text) => !/__proto__|prototype|-0\b/.test(text));
    fc.assert(
      fc.property(name, value, value, fc.boolean(), (key, one, other, equal) => {
        const quoted = JSON.stringify(key);
        const text = `[{${quoted}:${one},"between\u{1F600}":0,${quoted}:${equal ? one : other}}]`;
        expect([text, refusal(text)]).toEqual([text, 'JSON_DUPLICATE_KEY']);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    String.raw`"\u0000"`,
    String.raw`["a\u0000b"]`,
    String.raw`{"a\u0000":1}`,
    String.raw`{"a":{"b":["\u0000"]}}`,
  ])('NUL in a text or a name: %s', (text) => {
    expect(refusal(text)).toBe('JSON_NUL_CHARACTER');
  });

  it.each([
    String.raw`"\ud800"`,
    String.raw`"\udc00"`,
    String.raw`"\ude00\ud83d"`,
    String.raw`"\ud83d\ud83d\ude00"`,
    String.raw`["a\ud83db"]`,
    String.raw`{"\ud83d":1}`,
    String.raw`{"a":{"b":["\udfff"]}}`,
  ])('half a surrogate pair: %s', (text) => {
    expect(refusal(text)).toBe('JSON_LONE_SURROGATE');
  });

  it.each([
    '{"__proto__":1}',
    '{"__proto__":{"polluted":true}}',
    '{"__proto__":null}',
    String.raw`{"\u005f_proto__":1}`,
    '[{"a":{"__proto__":[]}}]',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"constructor":{"prototype":null}}',
    '{"a":[{"constructor":{"b":1,"prototype":2}}]}',
    String.raw`{"c\u006fnstructor":{"pr\u006ftotype":1}}`,
  ])('a name that reaches a prototype: %s', (text) => {
    expect(refusal(text)).toBe('JSON_PROTOTYPE_KEY');
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('depth', () => {
  const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const mixed = (depth: number) =>
    Array.from({ length: depth }, (_, at) => (at % 2 === 0 ? '[' : '{"a":')).join('') +
    '1' +
    Array.from({ length: depth }, (_, at) => ((depth - at) % 2 === 1 ? ']' : '}')).join('');

  it.each([1, 2, 127, 128])('%d is read', (depth) => {
    for (const text of [arrays(depth), objects(depth), mixed(depth)]) {
      expect(JSON.stringify(read(text))).toBe(text);
    }
  });

  it.each([129, 130, 5000, 200_000])('%d is too deep', (depth) => {
    for (const text of [arrays(depth), objects(depth), mixed(depth)]) {
      expect(refusal(text)).toBe('JSON_TOO_DEEP');
    }
  });

  it('counts levels, not values', () => {
    const wide = `[${Array.from({ length: 2000 }, () => '[[]]').join(',')}]`;
    expect(JSON.stringify(read(wide))).toBe(wide);
  });

  it('is judged wherever the deepest value is', () => {
    expect(refusal(`{"a":1,"b":[2,${arrays(127)}],"c":3}`)).toBe('JSON_TOO_DEEP');
    expect(refusal(`{"a":1,"b":[2,${arrays(126)}],"c":3}`)).toBe('accepted');
  });

  it('is judged before it is known that nothing is closed', () => {
    expect(refusal('['.repeat(200_000))).toBe('JSON_TOO_DEEP');
    expect(refusal('{"a":'.repeat(200_000))).toBe('JSON_TOO_DEEP');
    expect(refusal('['.repeat(128))).toBe('BODY_MALFORMED');
  });
});

describe('complexity', () => {
  const numbers = (count: number) => `[${Array.from({ length: count }, () => '1').join()}]`;
  const names = (count: number) =>
    `{${Array.from({ length: count }, (_, at) => `"n${at}":1`).join()}}`;

  it.each([
    ['numbers', numbers],
    ['words', (count: number) => numbers(count).replaceAll('1', 'true')],
    ['texts', (count: number) => numbers(count).replaceAll('1', '"x"')],
    ['empty arrays', (count: number) => numbers(count).replaceAll('1', '[]')],
    ['empty objects', (count: number) => numbers(count).replaceAll('1', '{ }')],
    ['members', (count: number) => `[${'{"a":1},'.repeat(Math.floor(count / 2))}1]`],
  ])('is counted in values: %s', (_, body) => {
    expect(refusal(body(VALUES_LIMIT - 2))).toBe('accepted');
    expect(refusal(body(VALUES_LIMIT + 2))).toBe('BODY_TOO_COMPLEX');
  });

  it('is counted in different names of all objects', () => {
    expect(refusal(names(NAMES_LIMIT))).toBe('accepted');
    // Two hashes of names may be equal: the bound is not exact.
    expect(refusal(names(NAMES_LIMIT + 20))).toBe('BODY_TOO_COMPLEX');
    const objects = names(NAMES_LIMIT + 20)
      .slice(1, -1)
      .split(',')
      .map((each) => `{${each}}`);
    expect(refusal(`[${objects.join()}]`)).toBe('BODY_TOO_COMPLEX');
  });

  it('of an ordinary document of 1 MiB is small', () => {
    const trade = { isin: 'IE00B4L5Y983', quantity: 120, price: 101.25, side: 'BUY' };
    const text = JSON.stringify(Array.from({ length: 15_500 }, () => trade));
    expect(text.length).toBeGreaterThan(1024 * 1024 - 20_000);
    expect(refusal(text)).toBe('accepted');
  });

  it('ends the reading as soon as it is too much, whatever follows', () => {
    expect(refusal(`${numbers(VALUES_LIMIT + 2)} is no JSON`)).toBe('BODY_TOO_COMPLEX');
    expect(refusal(`${numbers(10)} is no JSON`)).toBe('BODY_MALFORMED');
  });
});

describe('a large body', () => {
  const large = (value: object) => Buffer.from(JSON.stringify(value));

  it('is read as a small one is', async () => {
    const document = Array.from({ length: 5000 }, (_, at) => ({
      at,
      half: at + 0.5,
      text: `é${at}`,
    }));
    expect(await readJsonBody(large(document))).toEqual(document);
    const twice = Buffer.from(`[${'{"a":1},'.repeat(5000)}{"a":1,"a":2}]`);
    await expect(readJsonBody(twice)).rejects.toMatchObject({ code: 'JSON_DUPLICATE_KEY' });
  });

  it('lets others go on meanwhile, however many are read', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const document = Array.from({ length: 15_000 }, (_, at) => ({ at, text: 'x'.repeat(40) }));
    await Promise.all([1, 2, 3].map(() => readJsonBody(large(document))));
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(3 * 20);
  });
});

function hasNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasNegativeZero);
}
