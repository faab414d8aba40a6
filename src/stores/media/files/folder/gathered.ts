/**
 * The same bytes in fewer pieces: requests come in by 64 KiB, and each write is a call of its own.
 * @param least bytes of a piece, but of the last
 */
export async function* gathered(
  content: AsyncIterable<Uint8Array>,
  least: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < least) continue;
    yield joined(pieces, bytes);
    pieces = [];
    bytes = 0;
  }
  if (bytes > 0) yield joined(pieces, bytes);
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = pieces;
  return only?.length === bytes ? only : Buffer.concat(pieces, bytes);
}
