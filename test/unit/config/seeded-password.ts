import fc from 'fast-check';

const MARKERS = Array.from('QZXJ7');
/** What percent-encoding changes, so that its text is as telling encoded as raw. */
const RESERVED = Array.from(' !#$%&()*+,/:;<=>?@[]^{|}é漢😀');
const UNRESERVED = Array.from('.-_~');
const LENGTH = 4;

/**
 * A password that starts with a letter and holds a letter or a 7 in every third place at least, so that four characters of it turn up in an output only when it leaked.
 */
export const seededPassword: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...MARKERS),
      fc.oneof(
        { weight: 5, arbitrary: fc.array(fc.constantFrom(...RESERVED), { maxLength: 2 }) },
        { weight: 1, arbitrary: fc.constantFrom(...UNRESERVED).map((special) => [special]) },
      ),
    ),
    { minLength: 4, maxLength: 8 },
  )
  .map((chunks) => `Q${chunks.flat(2).join('')}`);

/** A seeded password of letters and digits alone: raw and percent-encoded it is the same. */
export const plainPassword: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...MARKERS), { minLength: 6, maxLength: 12 })
  .map((characters) => `Q${characters.join('')}`);

/** Like `encodeURIComponent`, and encodes `!'()*` too: what is left are letters, digits, `-_.~`. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The fragments of four characters of a password, raw or encoded, that an output holds. */
export function leaksOf(password: string, output: string): readonly string[] {
  const seen = output.toLowerCase();
  return [password, percentEncoded(password)]
    .flatMap(fragmentsOf)
    .filter((fragment) => seen.includes(fragment.toLowerCase()));
}

function fragmentsOf(text: string): readonly string[] {
  return Array.from({ length: Math.max(1, text.length - LENGTH + 1) }, (_, start) =>
    text.slice(start, start + LENGTH),
  );
}
