import type { Dir, Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { SCOPES } from '../../objects/media-object.js';
import { isListed } from '../place-identity.js';
import type { FoundFile } from '../media-files.js';
import { type BoundedCalls, isAbsent } from './bounded-calls.js';

/** Every file of the store below a folder, one after the other; what is not its own is passed over. */
export async function* listFiles(calls: BoundedCalls, root: string): AsyncGenerator<FoundFile> {
  for (const scope of SCOPES)
    for await (const day of entriesOf(calls, join(root, scope)))
      for await (const { name } of entriesOf(calls, join(root, scope, day.name))) {
        const path = `${scope}/${day.name}/${name}`;
        const found = isListed(path) && (await find(calls, root, path));
        if (found) yield found;
      }
}

async function find(
  calls: BoundedCalls,
  root: string,
  path: string,
): Promise<FoundFile | undefined> {
  const found = await orAbsent(() => calls.run(() => lstat(join(root, path))));
  return found?.isFile() ? { path, bytes: found.size, modifiedAt: found.mtime } : undefined;
}

/** None of a folder that is not there, or is no folder. */
async function* entriesOf(calls: BoundedCalls, folder: string): AsyncGenerator<Dirent> {
  const late = (dir: Dir) => dir.close();
  const dir = await orAbsent(() => calls.run(() => opendir(folder), { late }));
  if (!dir) return;
  try {
    for (;;) {
      const entry = await calls.run(() => dir.read());
      if (!entry) return;
      yield entry;
    }
  } finally {
    await calls.run(() => dir.close(), { isRelease: true }).catch(() => undefined);
  }
}

async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error) || isNoFolder(error)) return undefined;
    throw error;
  }
}

function isNoFolder(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTDIR';
}
