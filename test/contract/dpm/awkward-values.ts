import type { JsonValue } from '@holdfast/core/json';

/** Values that some driver, dialect or parser has changed on its way before. */

export const AWKWARD_IDENTIFIERS: readonly string[] = [
  'unknown',
  ' ',
  ' blanks around ',
  'constructor',
  '__proto__',
  'null',
  '0123.50',
  `' OR '1'='1`,
  `'); DROP TABLE dpm_async_operations; --`,
  '%',
  '_',
  'a/b?c#d%2F',
  ':operationId $1 ? ?1 @name',
  String.raw`\ \\ \n \x00 \u0041`,
  '\u0001\u007f\u0085',
  'Größe \u05d0\u202e\u05d1 漢字',
  'é',
  'e\u0301',
  '\uFEFF\u2028\uFFFD\uFFFF',
  '\u{1F600}\u{10FFFF}',
  'x'.repeat(128),
  '漢'.repeat(128),
];

export const AWKWARD_TEXTS: readonly string[] = [
  ...AWKWARD_IDENTIFIERS,
  '',
  'a\r\nb\rc\n\t',
  'x'.repeat(65_536),
  '\u{1F600}'.repeat(30_000),
];

export const AWKWARD_DOCUMENTS: readonly (readonly [string, JsonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['zero', 0],
  ['an empty text', ''],
  ['a text that is JSON', '{"a":1}'],
  ['the text null', 'null'],
  ['an empty array', []],
  ['an empty object', {}],
  ['nulls inside', { a: null, b: [null, '', 0, false, [], {}] }],
  ['numbers at the limits', [1e308, -1e308, 5e-324, 0.1, 1 / 3, 2 ** 53, 1e21]],
  ['unicode', ['é', 'e\u0301', '\u{10FFFF}', '\uFFFF', '\uFEFF', '\u2028']],
  ['escapes', ['"', '\\', '/', '\b\f\n\r\t', '\u0001\u001f\u007f', '\\u0041']],
  ['texts of statements', [`'`, `''`, ':key', '$1', '?', '--', '/*', '%s']],
  ['names that every object has', { constructor: 1, toString: 2, toJSON: { prototype: 3 } }],
  ['names in their order', { z: 1, a: 2, Z: 3, '': 4, é: 5, 'e\u0301': 6, length: 7 }],
];
