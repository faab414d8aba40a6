import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { ReasonError } from '../reasons.js';
import type { SecretKeys } from './secret-keys.js';

const ALGORITHM = 'aes-256-gcm';
/** What GCM is made for; drawn anew for each value, which bears 2^32 values of one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Also of versions that are none of ours: a value that looks like this is no password. */
const LOOKS_ENCRYPTED = /^\s*enc:v\d+:/i;
/** The variable is absent in a value that stands anywhere. */
const WHOLE = /^(enc:v1:([A-Za-z0-9._-]{1,32}):(?:([A-Z][A-Z0-9_]*):)?)([A-Za-z0-9_-]+)$/;
const WITHIN = /\benc:v\d+:[A-Za-z0-9._:-]*/gi;

interface Parts {
  /** All before the data: it is authenticated with them. */
  readonly head: string;
  readonly keyId: string;
  readonly variable: string | undefined;
  readonly data: Buffer;
}

export function isEncrypted(text: string): boolean {
  return LOOKS_ENCRYPTED.test(text);
}

/**
 * `enc:v1:KEY:DATA`, or `enc:v1:KEY:VARIABLE:DATA`, encrypted with the newest key.
 * @param variable the only one in which the value may stand; any where absent
 */
export function encryptValue(text: string, keys: SecretKeys, variable?: string): string {
  const [[keyId, key] = []] = keys;
  if (keyId === undefined || key === undefined) throw new TypeError('there is no key');
  const head = `enc:v1:${keyId}:${variable === undefined ? '' : `${variable}:`}`;
  return `${head}${seal(text, head, key).toString('base64url')}`;
}

/**
 * @param variable in which it stands; without, only what may stand anywhere is decrypted
 * @throws SECRET_VALUE_MALFORMED, SECRET_VALUE_MISPLACED, SECRET_KEY_UNKNOWN, SECRET_VALUE_REFUSED, none with any part of the value
 */
export function decryptValue(value: string, keys: SecretKeys, variable?: string): string {
  const parts = partsOf(value.trim());
  if (parts.variable !== undefined && parts.variable !== variable) {
    throw new ReasonError('SECRET_VALUE_MISPLACED', {
      detail: `holds a value that was encrypted for ${parts.variable}`,
    });
  }
  return open(parts, keys);
}

/**
 * A text in which each encrypted value is encrypted with the newest key, for the same variable as before.
 * @throws as `decryptValue`
 */
export function reencryptWithin(
  text: string,
  keys: SecretKeys,
): { readonly text: string; readonly rotated: number; readonly current: number } {
  const [newest] = keys.keys();
  let rotated = 0;
  let current = 0;
  const replaced = text.replaceAll(WITHIN, (value) => {
    const parts = partsOf(value);
    const opened = open(parts, keys);
    if (parts.keyId === newest) {
      current += 1;
      return value;
    }
    rotated += 1;
    return encryptValue(opened, keys, parts.variable);
  });
  return { text: replaced, rotated, current };
}

function partsOf(value: string): Parts {
  const [, head = '', keyId = '', variable, encoded = ''] = WHOLE.exec(value) ?? [];
  const data = Buffer.from(encoded, 'base64url');
  // Other texts decode to the same bytes: only the one that was written is taken.
  if (data.toString('base64url') !== encoded || data.length < NONCE_BYTES + TAG_BYTES) {
    throw new ReasonError('SECRET_VALUE_MALFORMED', {
      detail: 'holds an encrypted value that is not whole',
    });
  }
  return { head, keyId, variable, data };
}

function seal(text: string, head: string, key: KeyObject): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(head));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function open({ head, keyId, data }: Parts, keys: SecretKeys): string {
  const key = keys.get(keyId);
  if (!key) {
    throw new ReasonError('SECRET_KEY_UNKNOWN', {
      detail: `holds a value of the key ${keyId}, which is not in the key file`,
    });
  }
  const nonce = data.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(head));
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  try {
    const opened = decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    throw new ReasonError('SECRET_VALUE_REFUSED', {
      detail: `holds a value that the key ${keyId} does not open`,
    });
  }
}
