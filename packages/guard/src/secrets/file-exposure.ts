import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Who else can read a file than those who have to. */
export type Exposure = 'others' | 'group';

/**
 * What an orchestrator mounts into one container, whose file system nobody else is in: Docker's secrets, and
 * Kubernetes' volumes, whose files stand in a folder that is named after the time of their writing.
 */
const MOUNTED = [/^\/(?:var\/)?run\/secrets\//, /\/\.\.\d{4}_\d{2}_\d{2}_[^/]+\//];

const READ = { others: 0o004, group: 0o040 } as const;
const ENTER = { others: 0o001, group: 0o010 } as const;

/**
 * Whether others than the process can read a file: by its mode, and by those of the folders above it. A group
 * counts where the process is the owner and needs it not. Undefined for what is no file, and without modes.
 */
export function exposureOf(path: string): Exposure | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined) return undefined;
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    if (!stats.isFile() || MOUNTED.some((place) => place.test(real))) return undefined;
    const folders = foldersAbove(real);
    if (stats.mode & READ.others && folders.every((each) => each.mode & ENTER.others)) {
      return 'others';
    }
    const isNeeded = stats.uid !== uid || stats.gid === gid;
    const isOpen = stats.mode & READ.group && folders.every((each) => letsIn(each, stats.gid));
    return isOpen && !isNeeded ? 'group' : undefined;
  } catch {
    // What cannot be read is told by who reads it.
    return undefined;
  }
}

function letsIn({ mode, gid }: Stats, group: number): boolean {
  return Boolean(mode & ENTER.others) || (gid === group && Boolean(mode & ENTER.group));
}

function foldersAbove(path: string): readonly Stats[] {
  const folder = dirname(path);
  return folder === path ? [] : [statSync(folder), ...foldersAbove(folder)];
}
