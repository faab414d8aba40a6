import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReasonError } from '@holdfast/guard/reasons';
import {
  decryptValue,
  encryptValue,
  isEncrypted,
  reencryptWithin,
} from '@holdfast/guard/secrets/encrypted-value';
import {
  newSecretKeyId,
  newSecretKeyLine,
  parseSecretKeys,
} from '@holdfast/guard/secrets/secret-keys';

const OLD = newSecretKeyLine('old');
const NEW = newSecretKeyLine('new');
const keys = parseSecretKeys(OLD);

/** Whole characters: half of one is no text in UTF-8. */
const anyText = fc.string({ unit: 'binary', minLength: 1 });

function refusalOf(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof ReasonError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('an encrypted value', () => {
  it('comes back as it was, under its variable or anywhere', () => {
    fc.assert(
      fc.property(anyText, fc.option(fc.constantFrom('DATABASE_URL', 'A')), (text, variable) => {
        const value = encryptValue(text, keys, variable ?? undefined);
        expect(isEncrypted(value)).toBe(true);
        expect(decryptValue(` ${value}\n`, keys, variable ?? 'REDIS_URL')).toBe(text);
      }),
    );
  });

  it('is another one each time', () => {
    const values = Array.from({ length: 100 }, () => encryptValue('same', keys));
    expect(new Set(values).size).toBe(values.length);
  });

  it('is refused with any character changed, and with any part of it missing, and tells nothing', () => {
    const secret = 'hunter2-hunter2';
    const value = encryptValue(secret, keys, 'DATABASE_URL');
    const other = (character: string) => (character === 'A' ? 'B' : 'A');
    const changed = Array.from(value, (character, at) =>
      [value.slice(0, at), other(character), value.slice(at + 1)].join(''),
    );
    const cut = Array.from(value, (_, at) => value.slice(0, at)).filter(isEncrypted);
    for (const each of [...changed.filter(isEncrypted), ...cut, `${value}A`, `${value}=`]) {
      const { code, message } = refusalOf(() => decryptValue(each, keys, 'DATABASE_URL'));
      expect(code).toMatch(/^SECRET_(VALUE_(MALFORMED|MISPLACED|REFUSED)|KEY_UNKNOWN)$/);
      expect(message).not.toContain('hunter2');
      const data = each.split(':').at(-1) ?? '';
      if (data.length > 8) expect(message).not.toContain(data);
    }
  });

  it.each<[string, string, () => unknown]>([
    [
      'another key of this id',
      'SECRET_VALUE_REFUSED',
      () => decryptValue(encryptValue('x', keys), parseSecretKeys(newSecretKeyLine('old'))),
    ],
    [
      'a key that is not there',
      'SECRET_KEY_UNKNOWN',
      () => decryptValue(encryptValue('x', keys), parseSecretKeys(NEW)),
    ],
    [
      'another variable',
      'SECRET_VALUE_MISPLACED',
      () => decryptValue(encryptValue('x', keys, 'A'), keys, 'B'),
    ],
    [
      'no variable',
      'SECRET_VALUE_MISPLACED',
      () => decryptValue(encryptValue('x', keys, 'A'), keys),
    ],
    [
      'its variable taken away',
      'SECRET_VALUE_REFUSED',
      () => decryptValue(encryptValue('x', keys, 'A').replace(':A:', ':'), keys, 'B'),
    ],
    [
      'its variable changed',
      'SECRET_VALUE_REFUSED',
      () => decryptValue(encryptValue('x', keys, 'A').replace(':A:', ':B:'), keys, 'B'),
    ],
    [
      'a variable given',
      'SECRET_VALUE_REFUSED',
      () => decryptValue(encryptValue('x', keys).replace(':old:', ':old:B:'), keys, 'B'),
    ],
    [
      'another version',
      'SECRET_VALUE_MALFORMED',
      () => decryptValue(encryptValue('x', keys).replace('v1', 'v2'), keys),
    ],
    ['no base64', 'SECRET_VALUE_MALFORMED', () => decryptValue('enc:v1:old:!!!!', keys)],
    ['too little', 'SECRET_VALUE_MALFORMED', () => decryptValue('enc:v1:old:AAAA', keys)],
  ])('%s: %s', (_, code, work) => {
    expect(refusalOf(work).code).toBe(code);
  });

  it('inside of a text gets the newest key, and nothing else of the text changes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const both = parseSecretKeys(`${NEW}\n${OLD}`);
        const current = encryptValue(text, both, 'REDIS_URL');
        const before = `# enc: a comment\nA="${encryptValue(text, keys, 'A')}"\nB=plain\r\nREDIS_URL=${current}\n${encryptValue(text, keys)}`;
        const { text: after, rotated, current: kept } = reencryptWithin(before, both);
        expect([rotated, kept]).toEqual([2, 1]);
        const [comment, first = '', plain, second = '', third = ''] = after.split('\n');
        expect([comment, plain, second]).toEqual([
          '# enc: a comment',
          'B=plain\r',
          `REDIS_URL=${current}`,
        ]);
        const newest = parseSecretKeys(NEW);
        expect(decryptValue(first.slice('A="'.length, -1), newest, 'A')).toBe(text);
        expect(decryptValue(third, newest, 'ANY')).toBe(text);
      }),
    );
  });

  it('inside of a text that cannot be opened refuses the text', () => {
    const value = encryptValue('more than four', keys);
    const broken = `A=${value}\nB=${value.slice(0, -4)}`;
    expect(refusalOf(() => reencryptWithin(broken, keys)).code).toBe('SECRET_VALUE_REFUSED');
    expect(refusalOf(() => reencryptWithin(broken, parseSecretKeys(NEW))).code).toBe(
      'SECRET_KEY_UNKNOWN',
    );
  });
});

describe('a key file', () => {
  it('has keys in its order, with comments and blank lines, of either base64', () => {
    const key = Buffer.alloc(32, 251);
    const text = `# newest\r\n\n${NEW}\n  old:${key.toString('base64')}\n`;
    expect([...parseSecretKeys(text).keys()]).toEqual(['new', 'old']);
    expect(parseSecretKeys(text).get('old')?.export()).toEqual(key);
    expect(
      parseSecretKeys(`old:${key.toString('base64url')}`)
        .get('old')
        ?.export(),
    ).toEqual(key);
  });

  it.each([
    ['nothing', '# only a comment\n', 'holds no key'],
    ['a short key', 'k:c2hvcnQ=', 'has no key in line 1'],
    ['no id', Buffer.alloc(32).toString('base64'), 'has no key in line 1'],
    ['an id twice', `${NEW}\n${NEW}`, 'has in line 2 an id that it has already'],
    ['a password', `${NEW}\n\nhunter2\n`, 'has no key in line 3'],
  ])('is refused with %s, and tells the line', (_, text, message) => {
    expect(refusalOf(() => parseSecretKeys(text))).toEqual({
      code: 'SECRET_KEY_FILE_INVALID',
      message,
    });
  });

  it('gets ids by the day, and no two', () => {
    const day = new Date('2026-11-29T12:00:00Z');
    expect(newSecretKeyId(day)).toMatch(/^2026-11-29-[0-9a-f]{4}$/);
  });

  it('shows no key where it is printed', () => {
    expect(JSON.stringify([...parseSecretKeys(OLD)])).not.toContain(OLD.slice('old:'.length));
  });
});
