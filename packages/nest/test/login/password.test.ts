import { describe, expect, it } from '@jest/globals';
import { parsePasswordHash } from '@holdfast/guard/credentials/password-hash';
import {
  decoyOf,
  HASH_COST,
  hashPassword,
  isOutdated,
  isPassword,
  readHash,
} from '../../src/login/password.js';

const CHEAP = { ln: 10, r: 8, p: 1 };

describe('a hashed password', () => {
  it('is known again, and no other is', async () => {
    const hash = readHash(await hashPassword('correct horse', CHEAP));
    expect(await isPassword('correct horse', hash)).toBe(true);
    for (const other of [
      'correct hors',
      'correct horse ',
      'correct horse\0',
      'Correct horse',
      '',
    ]) {
      expect(await isPassword(other, hash)).toBe(false);
    }
  });

  it('is the same from each keyboard', async () => {
    const hash = readHash(await hashPassword('Zo\u00eb', CHEAP));
    expect(await isPassword('Zoe\u0308', hash)).toBe(true);
  });

  it('is another text each time, in the form of PHC', async () => {
    const [one, other] = [await hashPassword('same', CHEAP), await hashPassword('same', CHEAP)];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  });

  // RFC 7914, section 12.
  it('is what others make of it', async () => {
    const salt = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '');
    const expected =
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887';
    const hash = Buffer.from(expected, 'hex').toString('base64').replace(/=+$/, '');
    expect(
      await isPassword('pleaseletmein', readHash(`$scrypt$ln=14,r=8,p=1$${salt}$${hash}`)),
    ).toBe(true);
  });

  it('is weak where it costs less than a new one', () => {
    expect([isOutdated(CHEAP), isOutdated(HASH_COST)]).toEqual([true, false]);
    expect(isOutdated({ ln: 17, r: 8, p: 1 })).toBe(false);
  });

  it('of nobody costs what it should, and is fitted by nothing', async () => {
    const decoy = decoyOf(CHEAP);
    expect(decoy).toMatchObject(CHEAP);
    expect(await isPassword('', decoy)).toBe(false);
  });
});

describe('the text of a hash', () => {
  const [salt, hash] = ['s'.repeat(22), 'h'.repeat(43)];
  it.each([
    `$scrypt$ln=9,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=20,r=1,p=17$${salt}$${hash}`,
    `$scrypt$ln=14,r=0,p=1$${salt}$${hash}`,
    `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=1$$${hash}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$`,
    'secret',
  ])('is refused where it says no bearable cost: %s', (text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
  });
});
