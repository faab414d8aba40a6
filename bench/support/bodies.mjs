const MIB = 1024 * 1024;
const VALUES = 89_900;
const NAMES = 19_900;

/**
 * As many pieces as fit into a mebibyte, and no more than so many.
 * @param {(at: number) => string} piece
 * @param {number} most
 * @param {string} brackets
 */
function filled(piece, most, brackets = '[]') {
  const pieces = [];
  let length = 2;
  for (let at = 0; at < most; at += 1) {
    const next = piece(at);
    length += next.length + 1;
    if (length > MIB - 200) break;
    pieces.push(next);
  }
  return brackets[0] + pieces.join() + brackets[1];
}

/** Documents that are taken, each the worst of its kind that fits the bounds, as JSON texts. */
export const taken = {
  'an ordinary document': filled(
    (at) => `{"isin":"IE00B4L5Y983","quantity":${at},"price":${at}.25,"side":"BUY"}`,
    VALUES / 5,
  ),
  'numbers of one digit': filled(() => '1', VALUES),
  'numbers of 17 digits': filled((at) => String(Math.sqrt(at + 0.5)), VALUES),
  'numbers written otherwise': filled((at) => `${at % 9 || 1}0e-1`, VALUES),
  'empty arrays': filled(() => '[]', VALUES),
  'empty objects': filled(() => '{}', VALUES),
  'nested objects': filled(
    () => `${'{"a":'.repeat(120)}1${'}'.repeat(120)}`,
    Math.floor(VALUES / 121) - 1,
  ),
  'names in one object': filled((at) => `"name-${at}":1`, NAMES, '{}'),
  'names in many objects': filled((at) => `{"name-${at}":1}`, NAMES),
  'names like indexes': filled((at) => `"${(at * 59_999) % 4_294_967_290}":1`, NAMES, '{}'),
  'short texts': filled((at) => `"${at.toString(36)}"`, VALUES),
  'texts with escapes': filled(() => '"\\u00e9\\n"', VALUES),
  'one text of escapes': `"${'\\n'.repeat(MIB / 2 - 200)}"`,
  'one long text': `"${'x'.repeat(MIB - 200)}"`,
};

/** Definitions of policy packs that are judged name by name, and are larger than a definition may be. */
export const definitions = {
  'as many groups as fit': groups(() => '{"max_weight":0}', 3000),
  'groups with a constraint': groups(() => '{"max_weight":0.5}'),
  'few groups without one': groups(() => '{}', 3200),
  'groups without one': groups(() => '{}'),
  'groups that are none': groups(() => '1'),
  'currencies that are none': `{"settlement_policy":{"max_overdraft_by_ccy":${filled((at) => `"n${at}":1`, 3200, '{}')}}}`,
  'names that nothing knows': filled((at) => `"name-${at}":1`, NAMES, '{}'),
};

/**
 * @param {() => string} constraint
 * @param {number} [most]
 */
function groups(constraint, most = NAMES) {
  const named = filled((at) => `"${at.toString(36)}":${constraint()}`, most, '{}');
  return `{"constraint_policy":{"group_constraints":${named}}}`;
}

/** What is refused, as bodies. */
export const refused = {
  '[1,1,…] of 1 MiB': `[${'1,'.repeat(MIB / 2 - 2)}1]`,
  'a million [': '['.repeat(MIB),
  'a million digits': '1'.repeat(MIB),
  'digits behind the point': `0.${'1'.repeat(MIB - 2)}`,
  'blanks only': ' '.repeat(MIB),
  'one name again and again': `{${'"a":1,'.repeat(VALUES - 1)}"a":1}`,
  'lone surrogates': `[${'"\\ud800",'.repeat(MIB / 9 - 2)}1]`,
  '100,000 names': filled((at) => `"name-${at}":1`, MIB, '{}'),
  'a text without end': `"${'x'.repeat(MIB - 1)}`,
};
