import { hash } from 'node:crypto';
import type { Log } from '@holdfast/core/log';
import { editCredentials } from '@holdfast/guard/credentials/edit-credentials';
import { type Operator, parseCredentials } from '@holdfast/guard/credentials/credentials';
import type { HashCost } from '@holdfast/guard/credentials/password-hash';
import { readSecretFile } from '@holdfast/guard/secrets/secret-file';
import { WatchedFile } from '../auth/watched-file.js';
import { HASH_COST, readHash } from './password.js';

const TOLD = {
  renewed: { event: 'auth.operators_renewed' },
  kept: { event: 'auth.operators_kept', code: 'CREDENTIALS_FILE_MALFORMED' },
} as const;

/** Who may log in, by a file that is read again when it changes. */
export class Operators {
  readonly #file: WatchedFile;
  #text = '';
  #byName: ReadonlyMap<string, Operator> = new Map();

  private constructor(
    private readonly path: string,
    log: Log,
  ) {
    this.#file = new WatchedFile(placeOf(path), (text) => this.#renew(text), log, TOLD);
  }

  /** @throws CREDENTIALS_FILE_MALFORMED; the system's error, where the file has gone since the door */
  static async open(path: string, log: Log): Promise<Operators> {
    const opened = new Operators(path, log);
    try {
      await opened.#renew(await readSecretFile(placeOf(path)));
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  find(name: string): Operator | undefined {
    return this.#byName.get(name);
  }

  /**
   * What a hash of nobody's costs: what that of some operator does, always of the same one for a name. Otherwise a
   * name would be known by the time that its hash takes, where hashes do not all cost the same.
   */
  costFor(name: string): HashCost {
    const all = [...this.#byName.values()];
    const at = hash('sha256', name, 'buffer').readUInt32BE(0) % Math.max(1, all.length);
    const operator = all[at];
    return operator ? readHash(operator.password) : HASH_COST;
  }

  /** @throws CREDENTIALS_FILE_NOT_WRITTEN; nothing is written where the password has been changed meanwhile */
  async replaceHash({ name, id }: Operator, password: string): Promise<void> {
    await editCredentials(this.path, (users) =>
      users.map((each) => (each.name === name && each.id === id ? { ...each, password } : each)),
    );
  }

  close(): void {
    this.#file.close();
  }

  async #renew(text: string): Promise<boolean> {
    await Promise.resolve();
    if (text === this.#text) return false;
    this.#byName = new Map(parseCredentials(text).map((each) => [each.name, each]));
    this.#text = text;
    return true;
  }
}

function placeOf(path: string) {
  return { path, variable: 'ADMIN_CREDENTIALS_PATH' };
}
