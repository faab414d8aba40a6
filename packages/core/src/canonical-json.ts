import type { Hash } from 'node:crypto';

/** Values in one piece of the work: some milliseconds. */
const SLICE_VALUES = 2000;
/** Characters that are collected before they are hashed. */
const PART_LENGTH = 64 * 1024;

/** An array or an object that has been begun: what of it is still to be written. */
interface Open {
  readonly values: readonly unknown[];
  /** Names of the values; absent for an array. */
  readonly names?: readonly string[];
  next: number;
}

/**
 * Hashes a JSON value in its canonical form (RFC 8785), piece by piece. Members without a value are
 * left out, as `JSON.stringify` does.
 * @returns bytes of the canonical form, which are those of any form without blanks
 */
export function* hashCanonical(root: unknown, hash: Hash): Generator<void, number, void> {
  const open: Open[] = [];
  let part = '';
  let bytes = 0;
  let left = SLICE_VALUES;
  const write = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) part += primitive(value);
    else if (Array.isArray(value)) {
      part += '[';
      open.push({ values: value, next: 0 });
    } else {
      part += '{';
      open.push(membersOf(value as Readonly<Record<string, unknown>>));
    }
  };
  const flush = (): void => {
    hash.update(part);
    bytes += Buffer.byteLength(part);
    part = '';
  };
  write(root);
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { values, names, next } = last;
    if (next === values.length) {
      part += names ? '}' : ']';
      open.pop();
      continue;
    }
    last.next += 1;
    if (next > 0) part += ',';
    if (names) part += `${JSON.stringify(names[next])}:`;
    write(values[next]);
    if (part.length > PART_LENGTH) flush();
    left -= 1;
    if (left > 0) continue;
    left = SLICE_VALUES;
    yield;
  }
  flush();
  return bytes;
}

function membersOf(object: Readonly<Record<string, unknown>>): Open {
  // By UTF-16 code units, as `sort` compares and as the RFC has it.
  const names = Object.keys(object)
    .filter((name) => object[name] !== undefined)
    .sort();
  return { names, values: names.map((name) => object[name]), next: 0 };
}

/** @throws TypeError for what JSON does not have */
function primitive(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) {
    return JSON.stringify(value);
  }
  throw new TypeError('a JSON value has a canonical form');
}
