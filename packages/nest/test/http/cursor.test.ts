import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../src/http/cursor.js';
import { identifier, listFields } from '../../src/http/fields.js';

const Query = z.strictObject(listFields);

describe('the cursor of a page', () => {
  it.each(['a', '\u0001', '\u{1F600}', '日', '"', '\\', 'é', '\u2028'])(
    'is taken back when the longest identifier is made of %j',
    (character) => {
      const id = identifier('').parse(character.repeat(128));
      const position = { createdAt: '2026-11-21T12:00:00.000Z', id };
      const cursor = writeCursor(position);
      expect(Query.parse({ cursor }).cursor).toBe(cursor);
      expect(readCursor(cursor)).toEqual(position);
    },
  );
});
