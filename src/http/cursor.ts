import { z } from 'zod';
import { ReasonError } from '../reasons.js';
import type { Position } from '../stores/page.js';
import { IDENTIFIER_LENGTH, isStorable } from './fields.js';

const Pair = z.tuple([
  z.iso.datetime({ precision: 3 }).refine(isStorable),
  z.string().min(1).max(IDENTIFIER_LENGTH),
]);

/** A position as clients send it back; opaque to them. */
export function writeCursor({ createdAt, id }: Position): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** @throws CURSOR_INVALID */
export function readCursor(cursor: string): Position {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ReasonError('CURSOR_INVALID', { cause });
  }
  const pair = Pair.safeParse(parsed);
  if (!pair.success || pair.data[1].includes('\0')) throw new ReasonError('CURSOR_INVALID');
  const [createdAt, id] = pair.data;
  return { createdAt, id };
}
