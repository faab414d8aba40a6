import { link, rename, stat, unlink } from 'node:fs/promises';

/** What mounts say that have no second names for a file. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Gives a file its name unless another has it, which stays: of several that try at once, one does. */
export async function linkUnlessThere(aside: string, target: string): Promise<void> {
  try {
    await link(aside, target);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NO_LINKS.includes(code) && !(await isThere(target))) return rename(aside, target);
    if (code !== 'EEXIST' && !NO_LINKS.includes(code)) throw error;
  }
  await unlink(aside);
}

async function isThere(target: string): Promise<boolean> {
  try {
    await stat(target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
