import { ReasonError } from '../reasons.js';

/** Whether a header names the tag of what is there; null when nothing is. */
export type TagTest = (tag: string | null) => boolean;

interface NamedTag {
  readonly weak: boolean;
  readonly opaque: string;
}

/** A list of entity tags (RFC 9110, 8.8.3), one piece at a time: what separates, or a whole tag. */
const PIECE = /[ \t,]+|(W\/)?"([\x21\x23-\x7E\x80-\xFF]*)"(?=[ \t]*(?:,|$))/y;

/** The value of an `ETag` header; always strong. */
export function writeEntityTag(tag: string): string {
  return `"${tag}"`;
}

/**
 * `If-Match`: the strong comparison, in which a weak tag never matches.
 * @throws PRECONDITION_INVALID
 */
export function readIfMatch(header: string | undefined): TagTest | undefined {
  return testOf(header, ({ weak }) => !weak);
}

/**
 * `If-None-Match`: the weak comparison, because a cache or a proxy may have weakened the tag.
 * @throws PRECONDITION_INVALID
 */
export function readIfNoneMatch(header: string | undefined): TagTest | undefined {
  return testOf(header, () => true);
}

function testOf(
  header: string | undefined,
  counts: (named: NamedTag) => boolean,
): TagTest | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return (tag) => tag !== null;
  const named = new Set(
    readTags(header)
      .filter(counts)
      .map(({ opaque }) => opaque),
  );
  return (tag) => tag !== null && named.has(tag);
}

function readTags(header: string): readonly NamedTag[] {
  const tags: NamedTag[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < header.length) {
    const piece = PIECE.exec(header);
    if (!piece) throw new ReasonError('PRECONDITION_INVALID');
    const [, weak, opaque] = piece;
    if (opaque !== undefined) tags.push({ weak: weak !== undefined, opaque });
  }
  if (tags.length === 0) throw new ReasonError('PRECONDITION_INVALID');
  return tags;
}
