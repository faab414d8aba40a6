import { ReasonError } from '../reasons.js';
import { runSync, runYielding, yieldToEventLoop } from '@holdfast/core/event-loop-yield';
import { JsonScan } from './json-scan.js';

/** Bytes of a request body: the largest document, escaped, and what surrounds it. */
export const BODY_LIMIT_BYTES = 2 * 1024 * 1024;

/** What is read within a millisecond or two, whatever it holds, is read synchronously. */
const SMALL_BYTES = 8 * 1024;
/** Of a larger body, in one turn of the event loop: a number of four bytes takes half a microsecond. */
const PIECE_BYTES = 32 * 1024;
/** Objects and arrays looked at in one turn. */
const PIECE_NODES = 2000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body that comes back from any backend as it was sent, or not at all. A large one is
 * read in pieces: others are served meanwhile.
 * @throws BODY_MALFORMED, BODY_TOO_COMPLEX, JSON_NUMBER_NOT_REPRESENTABLE, JSON_LONE_SURROGATE,
 * JSON_NUL_CHARACTER, JSON_DUPLICATE_KEY, JSON_PROTOTYPE_KEY, JSON_TOO_DEEP
 */
export async function readJsonBody(body: Buffer): Promise<unknown> {
  if (body.length <= SMALL_BYTES) return runSync(jsonBody(body));
  // Several may have arrived in the same turn.
  await yieldToEventLoop();
  return runYielding(jsonBody(body));
}

/** `readJsonBody`, piece by piece. */
export function* jsonBody(body: Buffer): Generator<void, unknown, void> {
  const scan = new JsonScan(body);
  while (scan.read(PIECE_BYTES)) yield;
  const text = decode(body);
  yield;
  const value = parse(text);
  yield;
  const members = yield* judgeValue(value, scan.hasEscapes);
  if (scan.hasLossyNumber) throw new ReasonError('JSON_NUMBER_NOT_REPRESENTABLE');
  // `JSON.parse` keeps the last of several members of one name.
  if (members < scan.members) throw new ReasonError('JSON_DUPLICATE_KEY');
  return value;
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new ReasonError('BODY_MALFORMED');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ReasonError('BODY_MALFORMED');
  }
}

/** Keys and texts. @returns how many members all objects have together */
function* judgeValue(root: unknown, withTexts: boolean): Generator<void, number, void> {
  const open: object[] = [];
  let members = 0;
  let left = PIECE_NODES;
  const meet = (value: unknown) => {
    if (typeof value === 'string') {
      if (withTexts) judgeText(value);
    } else if (typeof value === 'object' && value !== null) open.push(value);
  };
  meet(root);
  for (let next = open.pop(); next; next = open.pop()) {
    if (Array.isArray(next)) for (const value of next) meet(value);
    else {
      for (const key of Object.keys(next)) {
        const value = (next as Readonly<Record<string, unknown>>)[key];
        members += 1;
        if (withTexts) judgeText(key);
        refusePrototype(key, value);
        meet(value);
      }
    }
    left -= 1;
    if (left > 0) continue;
    left = PIECE_NODES;
    yield;
  }
  return members;
}

function judgeText(text: string): void {
  if (text.includes('\0')) throw new ReasonError('JSON_NUL_CHARACTER');
  if (!text.isWellFormed()) throw new ReasonError('JSON_LONE_SURROGATE');
}

function refusePrototype(key: string, value: unknown): void {
  if (key === '__proto__' || (key === 'constructor' && holdsPrototype(value))) {
    throw new ReasonError('JSON_PROTOTYPE_KEY');
  }
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
