import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import {
  formatPasswordHash,
  type HashCost,
  parsePasswordHash,
  type PasswordHash,
} from '@holdfast/guard/credentials/password-hash';

/**
 * What OWASP's cheat sheet has as equal to 128 MiB in one pass, with 32 MiB at a time: a log-in takes a part of a
 * second, and what all log-ins take together stays small (`HashGate`).
 */
export const HASH_COST: HashCost = { ln: 15, r: 8, p: 3 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** @returns a PHC string */
export async function hashPassword(password: string, cost: HashCost = HASH_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { ...cost, salt }, HASH_BYTES);
  return formatPasswordHash({ ...cost, salt, hash });
}

/** Takes as long for each password; that of nobody is wrong, whatever it is. */
export async function isPassword(password: string, expected: PasswordHash): Promise<boolean> {
  const found = await derive(password, expected, expected.hash.length);
  // HMAC, which scrypt is made of, takes a text for the same key as that text with NULs behind it.
  return timingSafeEqual(found, expected.hash) && !password.includes('\0');
}

/** Whether a hash costs less than a new one would. */
export function isOutdated({ ln, r, p }: HashCost): boolean {
  return 2 ** ln * r * p < 2 ** HASH_COST.ln * HASH_COST.r * HASH_COST.p;
}

/** What no password fits: to be compared with where there is no such operator. */
export function decoyOf(cost: HashCost): PasswordHash {
  return { ...pick(cost), salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
}

/** @throws TypeError for what is no hash: the file has been judged */
export function readHash(text: string): PasswordHash {
  const hash = parsePasswordHash(text);
  if (!hash) throw new TypeError('no hash of a password');
  return hash;
}

function derive(
  password: string,
  { ln, r, p, salt }: HashCost & { readonly salt: Buffer },
  bytes: number,
): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    // Two keyboards may write one letter in two ways.
    const text = password.normalize('NFC');
    scrypt(text, salt, bytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function pick({ ln, r, p }: HashCost): HashCost {
  return { ln, r, p };
}
