import fc from 'fast-check';
import type { JsonValue } from '@holdfast/core/json';

/** What the door lets in: no -0, which JSON does not bring back, no NUL, no reserved name. */
export function anyDocument(maxDepth: number): fc.Arbitrary<JsonValue> {
  return fc
    .jsonValue({ stringUnit: 'binary', maxDepth })
    .map((value) => JSON.stringify(value))
    .filter((text) => !/\\u0000|"__proto__"|"prototype"/.test(text))
    .map((text) => JSON.parse(text) as JsonValue);
}
