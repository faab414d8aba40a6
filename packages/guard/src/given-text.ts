/** A value as it was meant. */
export interface GivenText {
  readonly text: string;
  /** It stood in quotes, which a container's env file does not take off. */
  readonly quoted: boolean;
}

const QUOTES: readonly (readonly [opening: string, closing: string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['‘', '’'],
];

/** What a file with the line ends of Windows leaves at the end of a value. */
export function withoutCarriageReturn(text: string): string {
  return text.replace(/\r$/, '');
}

/** Takes matching quotes off, once. */
export function unquoted(text: string): GivenText {
  const trimmed = text.trim();
  const isWrapped = QUOTES.some(
    ([opening, closing]) =>
      trimmed.length > 1 && trimmed.startsWith(opening) && trimmed.endsWith(closing),
  );
  return isWrapped ? { text: trimmed.slice(1, -1), quoted: true } : { text, quoted: false };
}
