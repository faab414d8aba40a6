import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '@holdfast/core/secret';

/** For this use alone: a key that is also used for tokens gives nothing away. */
const PURPOSE = 'holdfast cursors';
const KEY_BYTES = 32;

/** Signs what is handed out to one caller and comes back, so that no other can send it or make it. */
export class CallerSigner {
  readonly #key: Buffer;

  /** @param secret that all instances share; null: what is signed is good in this process alone */
  constructor(secret: Secret | null) {
    const given = secret ? Buffer.from(secret.reveal()) : randomBytes(KEY_BYTES);
    this.#key = Buffer.from(hkdfSync('sha256', given, '', PURPOSE, KEY_BYTES));
  }

  /** @returns signs texts that hold no NUL */
  signFor(subject: string): (text: string) => string {
    return (text) =>
      createHmac('sha256', this.#key).update(`${text}\0${subject}`).digest('base64url');
  }
}
