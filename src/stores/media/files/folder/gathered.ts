/** However small they are: each takes memory of its own. */
const MOST_PIECES = 256;

/**
 * What comes in, several pieces at a time: requests come in by 64 KiB, and each write is a call of its own. None of
 * it is copied.
 * @param least bytes of the pieces together, unless they are many; but of the last ones
 */
export async function* gathered(
  content: AsyncIterable<Uint8Array>,
  least: number,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < least && pieces.length < MOST_PIECES) continue;
    yield pieces;
    pieces = [];
    bytes = 0;
  }
  if (bytes > 0) yield pieces;
}
