import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a fixed size in memory, which can be full. */
export interface Tmpfs {
  readonly folder: string;
  /** Uses up all the space that is left. */
  readonly fill: () => void;
  /** Gives it back. */
  readonly free: () => void;
  /** Refuses every write from now on, also root's. Throws while a file in it is open to be written. */
  readonly makeReadOnly: () => void;
  readonly makeWritable: () => void;
  readonly remove: () => void;
}

/** Mounts one: as root, else through `sudo -n`. */
export function mountTmpfs(megabytes: number): Tmpfs {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tmpfs-'));
  const asRoot = (...command: [string, ...string[]]) => {
    const isRoot = process.getuid?.() === 0;
    const [program, ...args] = isRoot ? command : ['sudo', '-n', ...command];
    try {
      execFileSync(program, args, { stdio: 'pipe' });
    } catch (cause) {
      throw new Error(`this test needs root, or sudo without a password, to ${command[0]}`, {
        cause,
      });
    }
  };
  const options = `size=${megabytes}m,mode=0777`;
  asRoot('mount', '-t', 'tmpfs', '-o', options, 'holdfast-test', folder);
  chmodSync(folder, 0o777);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill: () => {
      const { bavail, bsize } = statfsSync(folder);
      let left = bavail * bsize;
      writeFileSync(ballast, '');
      // A page is what a file system in memory gives out.
      for (const size of [1 << 20, 4096]) {
        for (; left >= size; left -= size) {
          try {
            writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code === 'ENOSPC') break;
            throw error;
          }
        }
      }
    },
    free: () => {
      rmSync(ballast, { force: true });
    },
    makeReadOnly: () => {
      asRoot('mount', '-o', 'remount,ro', folder);
    },
    makeWritable: () => {
      asRoot('mount', '-o', 'remount,rw', folder);
    },
    remove: () => {
      asRoot('umount', folder);
      rmdirSync(folder);
    },
  };
}
