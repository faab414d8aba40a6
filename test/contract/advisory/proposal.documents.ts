import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '@holdfast/core/json';
import { anyDocument } from '../any-document.js';
import { creation, newKey, versionOn } from './proposal.changes.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';

const DOCUMENTS: readonly (readonly [string, JsonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['zero', 0],
  ['a negative number', -1],
  ['an empty text', ''],
  ['a text', 'text'],
  ['a text that is JSON', '{"a":1}'],
  ['the text null', 'null'],
  ['an empty array', []],
  ['an empty object', {}],
  ['empty values in an array', [null, '', 0, false, [], {}]],
  ['nulls in an object', { a: null, b: { c: null }, d: [null] }],
  [
    'numbers at the limits',
    [1e308, -1e308, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308],
  ],
  ['fractions', [0.1, 0.2, 0.30000000000000004, 1 / 3, 1.5, 100.25]],
  ['whole numbers', [2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e21, 1e22, 1e23, 123456789012345680000]],
  ['unicode', ['é', 'e\u0301', '漢字', '\u{1F600}', '\u{10FFFF}', '\uFFFF', '\uFEFF', '\u202e']],
  ['escapes', ['"', '\\', '/', '\b\f\n\r\t', '\u0001\u001f\u007f', '\u2028\u2029', '\\u0041']],
  ['texts of statements', [`'`, `''`, ':key', '$1', '?', '--', '/*', '%s', '{{x}}']],
  [
    'names that every object has',
    { constructor: 1, toString: 2, valueOf: null, hasOwnProperty: [], toJSON: { prototype: 3 } },
  ],
  [
    'awkward names',
    { '': 1, ' ': 2, '"': 3, 'a.b': 4, '\u{1F600}': 5, é: 6, 'e\u0301': 7, length: 8 },
  ],
  ['names in their order', { z: 1, a: 2, Z: 3, A: { y: 1, x: 2 }, '': 4, aa: 5, '-1': 6, '01': 7 }],
  ['names that are numbers', { '10': 1, '9': 2, '0': 3, a: 4 }],
  ['500 arrays in each other', nested(500, (inner) => [inner])],
  ['500 objects in each other', nested(500, (inner) => ({ inner }))],
  ['a long array', Array.from({ length: 20_000 }, (_, index) => index / 7)],
  [
    'many names',
    Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, index])),
  ],
  ['1 MiB of text', 'x'.repeat(1024 * 1024 - 2)],
  ['1 MiB of characters of four bytes', '\u{1F600}'.repeat(256 * 1024)],
];

/** Documents come back as they were: the same value, with the names of objects in their order. */
export function documentCases(proposals: Current<ProposalRepository>): void {
  const expectBack = async (document: JsonValue) => {
    const first = creation({ document });
    const { proposalId } = first.proposal;
    await proposals().create(first, newKey());
    const second = versionOn(first.proposal, document);
    await proposals().append(second);
    const found = [
      (await proposals().findVersion(proposalId, 1))?.document,
      (await proposals().find(proposalId))?.version.document,
    ];
    expect(found).toEqual([document, document]);
    // `toEqual` knows nothing of the order of names, and takes an absent one for undefined.
    expect(found.map((each) => JSON.stringify(each))).toEqual([
      JSON.stringify(document),
      JSON.stringify(document),
    ]);
  };

  describe('documents', () => {
    it.each(DOCUMENTS)('bring back %s', async (_, document) => {
      await expectBack(document);
    });

    it('bring back any JSON value', async () => {
      await fc.assert(fc.asyncProperty(anyDocument(4), expectBack), { numRuns: 60 });
    });
  });
}

function nested(depth: number, wrap: (inner: JsonValue) => JsonValue): JsonValue {
  let value: JsonValue = 'innermost';
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}
