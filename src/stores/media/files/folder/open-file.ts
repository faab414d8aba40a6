import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

/** To be read, and no link. */
export async function openFile(localPath: string): Promise<OpenedFile> {
  const handle = await open(localPath, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return { handle, bytes: (await handle.stat()).size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
