import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** For this use alone: a key that is also used for tokens gives nothing away. */
const PURPOSE = 'holdfast cursors';
const KEY_BYTES = 32;

/** Signs what is handed out to one caller and comes back, so that no other can send it or make it. */
export class CallerSigner {
  readonly #key: Buffer;

  /** @param shared what all instances have; undefined: what is signed is good in this process alone */
  constructor(shared: string | undefined) {
    const given = shared === undefined ? randomBytes(KEY_BYTES) : Buffer.from(shared);
    this.#key = Buffer.from(hkdfSync('sha256', given, '', PURPOSE, KEY_BYTES));
  }

  /** @returns signs texts that hold no NUL */
  signFor(subject: string): (text: string) => string {
    return (text) =>
      createHmac('sha256', this.#key).update(`${text}\0${subject}`).digest('base64url');
  }
}
