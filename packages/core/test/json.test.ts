import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { DOCUMENT_LIMIT_BYTES, hashDocument, hashJson, hashLargeJson } from '../src/json.js';
import { anyDocument } from '../../../test/contract/any-document.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the hash of a JSON value', () => {
  it.each([
    ['{"b":[null,true,"é\\n"],"a":1e21}', '{"a":1e+21,"b":[null,true,"é\\n"]}'],
    ['{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}'],
    ['{"\\ufb33":1,"\\ud83d\\ude00":2,"€":3}', '{"€":3,"\u{1F600}":2,"\ufb33":1}'],
    ['[1.0,1e-7,333333333.33333329,{}]', '[1,1e-7,333333333.3333333,{}]'],
    ['{"":{"":[]}}', '{"":{"":[]}}'],
    ['"x"', '"x"'],
  ])('%s is that of its canonical form', (text, canonical) => {
    expect(hashJson(JSON.parse(text))).toBe(sha256(canonical));
  });

  it('is that of what another program makes of it, at once and in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(anyDocument(4), async (document) => {
        const expected = sha256(canonicalize(document) ?? '');
        expect(hashJson(document)).toBe(expected);
        expect(await hashLargeJson(document)).toBe(expected);
        expect(await hashDocument(document)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out what has no value', () => {
    expect(hashJson({ a: undefined, b: 1 })).toBe(sha256('{"b":1}'));
    expect(() => hashJson(undefined)).toThrow(TypeError);
    expect(() => hashJson([NaN])).toThrow(TypeError);
  });

  it('of a large document lets others go on', async () => {
    let isHeldUp = true;
    setImmediate(() => (isHeldUp = false));
    const document = Array.from({ length: 20_000 }, (_, at) => ({ b: at, a: 'x' }));
    expect(await hashDocument(document)).toBe(sha256(canonicalize(document) ?? ''));
    expect(isHeldUp).toBe(false);
  });
});

describe('a document', () => {
  it('is as large as it is in UTF-8 without blanks', async () => {
    await hashDocument('x'.repeat(DOCUMENT_LIMIT_BYTES - 2));
    await hashDocument('é'.repeat(DOCUMENT_LIMIT_BYTES / 2 - 1));
    await expect(hashDocument('x'.repeat(DOCUMENT_LIMIT_BYTES - 1))).rejects.toMatchObject({
      code: 'DOCUMENT_TOO_LARGE',
    });
    await expect(hashDocument('é'.repeat(DOCUMENT_LIMIT_BYTES / 2))).rejects.toMatchObject({
      code: 'DOCUMENT_TOO_LARGE',
    });
  });
});
