/**
 * @typedef {object} NastyCase
 * @property {string} what it is about, for people
 * @property {string} type that the column `v` is declared as
 * @property {readonly string[]} values SQL of SQLite, a row each
 * @property {readonly ((text: string | null) => boolean)[]} kept whether `v::text` of each row means the same
 * @property {readonly string[]} [pragmas] of the file, before its table
 * @property {boolean} [inLog] the rows are in the write-ahead log alone
 */

const exactly = (text) => (found) => found === text;
const number = (value) => (found) =>
  found !== null && found.trim() !== '' && Object.is(Number(spelt(found)), value);
const absent = (found) => found === null;
const either =
  (...checks) =>
  (found) =>
    checks.some((check) => check(found));
/** As bytea is written. */
const bytes = (hex) => exactly(`\\x${hex}`);
const moment = (text) => (found) =>
  found !== null && found.replace('T', ' ').replace(/\+00(:00)?$/, '') === text;

/** Infinite numbers are shortened by SQLite. */
function spelt(text) {
  return text.replace(/^(-?)(Inf|inf|infinity)$/, '$1Infinity');
}

const one = (what, type, value, kept, more = {}) => ({
  what,
  type,
  values: [value],
  kept: [kept],
  ...more,
});
const text = (what, sql, value, type = 'TEXT') => one(what, type, sql, exactly(value));

/** @type {readonly NastyCase[]} */
export const NASTY = [
  one('integer 2^53 + 1', 'INTEGER', '9007199254740993', exactly('9007199254740993')),
  one('greatest integer', 'INTEGER', '9223372036854775807', exactly('9223372036854775807')),
  one('least integer', 'INTEGER', '-9223372036854775807 - 1', exactly('-9223372036854775808')),
  one('integer of 33 bits in INT', 'INT', '4294967296', exactly('4294967296')),
  one('text in INTEGER', 'INTEGER', "'abc'", exactly('abc')),
  one('real in INTEGER', 'INTEGER', '1.5', number(1.5)),
  {
    what: '0, 1 and 2 in BOOLEAN',
    type: 'BOOLEAN',
    values: ['0', '1', '2'],
    kept: [
      either(exactly('0'), exactly('false')),
      either(exactly('1'), exactly('true')),
      exactly('2'),
    ],
  },
  one('0.1 + 0.2', 'REAL', '0.1 + 0.2', number(0.1 + 0.2)),
  one('least real', 'REAL', '5e-324', number(5e-324)),
  one('greatest real', 'REAL', '1.7976931348623157e308', number(Number.MAX_VALUE)),
  one('infinite real', 'REAL', '9e999', number(Infinity)),
  one('negative infinite real', 'REAL', '-9e999', number(-Infinity)),
  one('negative zero', '', '-0.0', number(-0)),
  one('16777217 in FLOAT', 'FLOAT', '16777217', number(16777217)),
  one('text in REAL', 'REAL', "'n/a'", exactly('n/a')),
  one('three decimals in NUMERIC(10,2)', 'NUMERIC(10,2)', '1.005', number(1.005)),
  {
    what: 'empty text beside NULL',
    type: 'TEXT',
    values: ["''", 'NULL'],
    kept: [exactly(''), absent],
  },
  text('the text NULL', "'NULL'", 'NULL'),
  text('the text \\N', "'\\N'", '\\N'),
  text('the text \\.', "'\\.'", '\\.'),
  text('tab, newline, backslash', "'a' || char(9, 10) || '\\b'", 'a\t\n\\b'),
  text('carriage return', "'a' || char(13, 10) || 'b' || char(13)", 'a\r\nb\r'),
  text('quotes and commas', `'"a", ''b'','`, '"a", \'b\','),
  text('spaces around', "'  x  '", '  x  '),
  text('emoji, combining marks', "char(128169) || 'e' || char(769)", '\u{1F4A9}e\u0301'),
  one('NUL in a text', 'TEXT', "'a' || char(0) || 'b'", exactly('a\0b')),
  one('text that is not UTF-8', 'TEXT', "CAST(x'ff41' AS TEXT)", bytes('ff41')),
  text('longer than VARCHAR(3)', "'abcdef'", 'abcdef', 'VARCHAR(3)'),
  text('shorter than CHAR(5)', "'ab'", 'ab', 'CHAR(5)'),
  text('1 MB of text', "printf('%.*c', 1000000, 'x')", 'x'.repeat(1_000_000)),
  {
    what: "1, '1' and x'31' without a type",
    type: '',
    values: ['1', "'1'", "x'31'"],
    kept: [exactly('1'), exactly("'1'"), exactly("X'31'")],
  },
  one('empty blob', 'BLOB', "x''", bytes('')),
  one('blob with zero, newline, backslash', 'BLOB', "x'00ff0a5c'", bytes('00ff0a5c')),
  one('blob in TEXT', 'TEXT', "x'ff00'", bytes('ff00')),
  one('text in BLOB', 'BLOB', "'abc'", either(exactly('abc'), bytes('616263'))),
  one('1 MB of blob', 'BLOB', 'zeroblob(1000000)', bytes('00'.repeat(1_000_000))),
  text('no such day in DATETIME', "'2026-02-30 10:00:00'", '2026-02-30 10:00:00', 'DATETIME'),
  one(
    'microseconds in DATETIME',
    'DATETIME',
    "'2026-11-29 10:00:00.123456'",
    moment('2026-11-29 10:00:00.123456'),
  ),
  one(
    'Unix time in DATETIME',
    'DATETIME',
    '1764400000',
    either(number(1764400000), moment('2025-11-29 07:06:40')),
  ),
  one(
    'zone in TIMESTAMP',
    'TIMESTAMP',
    "'2026-03-29T02:30:00+02:00'",
    either(exactly('2026-03-29T02:30:00+02:00'), moment('2026-03-29 00:30:00')),
  ),
  text('0000-00-00 in DATE', "'0000-00-00'", '0000-00-00', 'DATE'),
  text('25:00:00 in TIME', "'25:00:00'", '25:00:00', 'TIME'),
  one('a file in UTF-16', 'TEXT', "'h' || char(233, 128169)", exactly('h\u00e9\u{1F4A9}'), {
    pragmas: ["encoding = 'UTF-16le'"],
  }),
  one('in the write-ahead log alone', 'TEXT', "'new'", exactly('new'), { inLog: true }),
];
