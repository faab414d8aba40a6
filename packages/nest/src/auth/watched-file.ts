import { stat } from 'node:fs/promises';
import type { Log } from '@holdfast/core/log';
import type { ReasonCode } from '@holdfast/core/reasons';
import { readSecretFile, type SecretFile } from '@holdfast/guard/secrets/secret-file';
import '../reasons.js';

const INTERVAL_MS = 1000;

/** What is told of a file that has been read again, and of one that is no good. */
export interface Told {
  readonly renewed: { readonly event: string };
  readonly kept: { readonly event: string; readonly code: ReasonCode };
}

const OF_KEYS: Told = {
  renewed: { event: 'auth.keys_renewed' },
  kept: { event: 'auth.keys_kept', code: 'JWT_KEYS_UNUSABLE' },
};

/** Reads a file again when it has changed; one that is no good changes nothing, and is told once. */
export class WatchedFile {
  readonly #timer: NodeJS.Timeout;
  #seen = '';
  #isLooking = false;
  #isBroken = false;

  /**
   * @param renew takes what it holds, and says whether that is anything new; throws where it is no good
   */
  constructor(
    private readonly file: SecretFile,
    private readonly renew: (text: string) => Promise<boolean>,
    private readonly log: Log,
    private readonly told = OF_KEYS,
  ) {
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { ino, size, mtimeMs } = await stat(this.file.path);
      const found = `${ino} ${size} ${mtimeMs}`;
      if (found !== this.#seen) {
        this.#seen = found;
        this.#tell(await this.renew(await readSecretFile(this.file)));
      }
    } catch (error) {
      // What could not be read, or not just now, is looked at again: it may come back as it was.
      this.#seen = '';
      this.#tellBroken(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #tell(isNew: boolean): void {
    if (!isNew && !this.#isBroken) return;
    this.#isBroken = false;
    const { variable } = this.file;
    this.log.info({ ...this.told.renewed, variable }, 'the file was read again');
  }

  #tellBroken(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { variable } = this.file;
    this.log.warn(
      { ...this.told.kept, variable, err: error },
      'the file is no good: what was read before goes on',
    );
  }
}
