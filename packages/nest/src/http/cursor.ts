import { z } from 'zod';
import type { Caller } from '../auth/caller.js';
import { ReasonError } from '../reasons.js';
import type { Position } from '@holdfast/core/page';
import { IDENTIFIER_LENGTH, isStorable } from './fields.js';

const Pair = z.tuple([
  z.iso.datetime({ precision: 3 }).refine(isStorable),
  z.string().min(1).max(IDENTIFIER_LENGTH),
]);

const Numbered = z.tuple([z.int().min(1).max(2_147_483_647)]);

/**
 * Where an item stands among those of one record, as clients send it back; opaque to them.
 * @param caller who alone may send it back; null where nobody proves who they are
 */
export function writeNumberCursor(number: number, caller: Caller | null): string {
  return encoded([number], caller);
}

/** @throws CURSOR_INVALID */
export function readNumberCursor(cursor: string, caller: Caller | null): number {
  const numbered = Numbered.safeParse(decoded(cursor, caller));
  if (!numbered.success) throw new ReasonError('CURSOR_INVALID');
  return numbered.data[0];
}

/** A position as clients send it back; opaque to them. @param caller see `writeNumberCursor` */
export function writeCursor({ createdAt, id }: Position, caller: Caller | null): string {
  return encoded([createdAt, id], caller);
}

/** @throws CURSOR_INVALID */
export function readCursor(cursor: string, caller: Caller | null): Position {
  const pair = Pair.safeParse(decoded(cursor, caller));
  if (!pair.success || pair.data[1].includes('\0')) throw new ReasonError('CURSOR_INVALID');
  const [createdAt, id] = pair.data;
  return { createdAt, id };
}

function encoded(parts: readonly unknown[], caller: Caller | null): string {
  const place = Buffer.from(JSON.stringify(parts)).toString('base64url');
  return caller ? `${place}.${caller.sign(place)}` : place;
}

function decoded(cursor: string, caller: Caller | null): unknown {
  const place = caller ? signedPart(cursor, caller) : cursor;
  try {
    return JSON.parse(Buffer.from(place, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ReasonError('CURSOR_INVALID', { cause });
  }
}

/** What the service itself has signed for this caller. */
function signedPart(cursor: string, caller: Caller): string {
  const [place = '', signature = ''] = cursor.split('.', 2);
  if (!caller.isSigned(place, signature)) throw new ReasonError('CURSOR_INVALID');
  return place;
}
