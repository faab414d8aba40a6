import { isAheadOfTime, newestFirst, type StoredBackup } from './backup-folder.js';
import { areOfSame, type KnownDatabase } from './same-database.js';

/** Who is asked often looks into the folder this often. */
const REMEMBERED_MS = 30_000;

/**
 * The newest backup of which a restore was compared with it; undefined where nothing is known of one.
 * @param own what a backup of other databases is no proof for
 */
export async function newestProof(
  folder: string,
  own: readonly KnownDatabase[] = [],
): Promise<StoredBackup | undefined> {
  try {
    for await (const backup of newestFirst(folder)) {
      const { verified_at: verified, databases } = backup.manifest;
      if (verified !== null && !isAheadOfTime(backup) && areOfSame(own, databases)) return backup;
    }
  } catch {
    // Not there, or not to be read: what is in it is not known.
  }
  return undefined;
}

/** How old what a restore would bring back is, in seconds. */
export function ageOf({ manifest }: StoredBackup, now: number): number {
  return Math.max(0, (now - Date.parse(manifest.began_at)) / 1000);
}

/** For a process that serves. */
export class ProofAge {
  #lookedAt = -Infinity;
  #found: Promise<StoredBackup | undefined> = Promise.resolve(undefined);

  /**
   * @param folder undefined where nobody has said where backups are
   * @param own what is known of the databases that backups are to be of
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly own: () => Promise<readonly KnownDatabase[]>,
  ) {}

  /** Undefined where it is not known. */
  async seconds(): Promise<number | undefined> {
    const { folder } = this;
    if (folder === undefined) return undefined;
    if (performance.now() - this.#lookedAt > REMEMBERED_MS) {
      this.#lookedAt = performance.now();
      this.#found = this.own().then((own) => newestProof(folder, own));
    }
    const found = await this.#found;
    return found && ageOf(found, Date.now());
  }
}

const HOUR_SECONDS = 3600;

/**
 * What there is to say about an age, in words.
 * @param maxHours 0 for no limit
 */
export function judgeAge(
  seconds: number | undefined,
  maxHours: number,
): { readonly isStale: boolean; readonly detail: string } {
  if (seconds === undefined)
    return { isStale: maxHours > 0, detail: 'unknown: no verified backup was found' };
  const hours = (seconds / HOUR_SECONDS).toFixed(1);
  return {
    isStale: maxHours > 0 && seconds > maxHours * HOUR_SECONDS,
    detail: `the last verified backup is ${hours} h old`,
  };
}
