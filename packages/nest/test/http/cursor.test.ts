import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { CallerSigner } from '../../src/auth/caller-signer.js';
import type { Caller } from '../../src/auth/caller.js';
import {
  readCursor,
  readNumberCursor,
  writeCursor,
  writeNumberCursor,
} from '../../src/http/cursor.js';
import { identifier, listFields } from '../../src/http/fields.js';

const Query = z.strictObject(listFields);
const KEY = 'a key of tests, which is long enough';

function callerNamed(subject: string, signer = new CallerSigner(KEY)): Caller {
  return { subject, scopes: new Set(), ...signer.signFor(subject) };
}

describe.each([
  ['without callers', null],
  ['of a caller', callerNamed('me')],
])('the cursor of a page, %s', (_name, caller) => {
  it.each(['a', '\u0001', '\u{1F600}', '日', '"', '\\', 'é', '\u2028'])(
    'is taken back when the longest identifier is made of %j',
    (character) => {
      const id = identifier('').parse(character.repeat(128));
      const position = { createdAt: '2026-11-21T12:00:00.000Z', id };
      const cursor = writeCursor(position, caller);
      expect(Query.parse({ cursor }).cursor).toBe(cursor);
      expect(readCursor(cursor, caller)).toEqual(position);
    },
  );

  it('is taken back where it is a number', () => {
    expect(readNumberCursor(writeNumberCursor(7, caller), caller)).toBe(7);
  });
});

describe('the cursor of a caller', () => {
  const me = callerNamed('me');
  const cursor = writeNumberCursor(7, me);
  const [place = '', signature = ''] = cursor.split('.');
  const elsewhere = Buffer.from('[8]').toString('base64url');

  it('is good on every instance that has the key', () => {
    expect(readNumberCursor(cursor, callerNamed('me'))).toBe(7);
  });

  it.each<[string, string, Caller]>([
    ['of somebody else', cursor, callerNamed('other')],
    ['of another key', cursor, callerNamed('me', new CallerSigner(`${KEY}!`))],
    ['of another process without a key', cursor, callerNamed('me', new CallerSigner(undefined))],
    ['without a signature', place, me],
    ['with an empty one', `${place}.`, me],
    ['with a part of it', `${place}.${signature.slice(0, -1)}`, me],
    ['with more than it', `${place}.${signature}A`, me],
    ['of another place', `${elsewhere}.${signature}`, me],
    ['with nothing but one', `.${signature}`, me],
    ['as it is without callers', writeNumberCursor(7, null), me],
  ])('is refused %s', (_name, given, caller) => {
    expect(() => readNumberCursor(given, caller)).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID' }),
    );
  });

  it('is refused where nobody proves who they are', () => {
    const position = { createdAt: '2026-11-21T12:00:00.000Z', id: 'a' };
    expect(() => readCursor(writeCursor(position, me), null)).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID' }),
    );
  });
});

describe('the key of cursors, when it is changed', () => {
  const MINUTE = 60_000;
  const NEW = `${KEY}, anew`;
  const NEWEST = `${KEY}, once more`;
  let now = 0;
  const instance = () => {
    const signer = new CallerSigner(KEY, () => now);
    return { signer, me: callerNamed('me', signer) };
  };

  it('is good at once, and signs when every instance has had the time to read it', () => {
    now = 0;
    const [early, late] = [instance(), instance()];
    const before = writeNumberCursor(1, early.me);
    expect(early.signer.renew(NEW)).toBe(true);
    // The other one has not read it yet: it takes what is handed out meanwhile.
    const meanwhile = writeNumberCursor(2, early.me);
    expect(readNumberCursor(meanwhile, late.me)).toBe(2);
    expect(late.signer.renew(NEW)).toBe(true);
    now = 3 * MINUTE;
    const after = writeNumberCursor(3, early.me);
    for (const { me } of [early, late]) {
      expect(readNumberCursor(before, me)).toBe(1);
      expect(readNumberCursor(meanwhile, me)).toBe(2);
      expect(readNumberCursor(after, me)).toBe(3);
    }
    const fresh = callerNamed('me', new CallerSigner(NEW));
    expect(readNumberCursor(after, fresh)).toBe(3);
    now = 61 * MINUTE;
    expect(() => readNumberCursor(before, early.me)).toThrow(expect.anything());
    expect(readNumberCursor(after, early.me)).toBe(3);
  });

  it('is out at once after a second change: one that got out is changed twice', () => {
    now = 0;
    const { signer, me } = instance();
    const before = writeNumberCursor(1, me);
    signer.renew(NEW);
    signer.renew(NEWEST);
    expect(() => readNumberCursor(before, me)).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID' }),
    );
    expect(readNumberCursor(writeNumberCursor(2, me), me)).toBe(2);
  });

  it('stays where the new one could be guessed, or is the same', () => {
    const { signer } = instance();
    expect(() => signer.renew('short')).toThrow(RangeError);
    expect(signer.renew(KEY)).toBe(false);
  });
});
