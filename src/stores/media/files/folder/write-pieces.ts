import type { FileHandle } from 'node:fs/promises';

/** Writes all of the pieces where the file ends so far, by one call of the system unless that writes fewer bytes. */
export async function writePieces(
  handle: FileHandle,
  pieces: readonly Uint8Array[],
): Promise<void> {
  const { bytesWritten } = await handle.writev(pieces);
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten < bytes) await handle.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}
