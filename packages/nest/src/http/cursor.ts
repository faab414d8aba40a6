import { z } from 'zod';
import { ReasonError } from '../reasons.js';
import type { Position } from '@holdfast/core/page';
import { IDENTIFIER_LENGTH, isStorable } from './fields.js';

const Pair = z.tuple([
  z.iso.datetime({ precision: 3 }).refine(isStorable),
  z.string().min(1).max(IDENTIFIER_LENGTH),
]);

const Numbered = z.tuple([z.int().min(1).max(2_147_483_647)]);

/** Where an item stands among those of one record, as clients send it back; opaque to them. */
export function writeNumberCursor(number: number): string {
  return encoded([number]);
}

/** @throws CURSOR_INVALID */
export function readNumberCursor(cursor: string): number {
  const numbered = Numbered.safeParse(decoded(cursor));
  if (!numbered.success) throw new ReasonError('CURSOR_INVALID');
  return numbered.data[0];
}

/** A position as clients send it back; opaque to them. */
export function writeCursor({ createdAt, id }: Position): string {
  return encoded([createdAt, id]);
}

/** @throws CURSOR_INVALID */
export function readCursor(cursor: string): Position {
  const pair = Pair.safeParse(decoded(cursor));
  if (!pair.success || pair.data[1].includes('\0')) throw new ReasonError('CURSOR_INVALID');
  const [createdAt, id] = pair.data;
  return { createdAt, id };
}

function encoded(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ReasonError('CURSOR_INVALID', { cause });
  }
}
