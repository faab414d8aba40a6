import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ReadFile } from './read-environment.js';
import { exposureOf } from './secrets/file-exposure.js';

/** A bundle of all public authorities has a quarter of it. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Milliseconds in which a pipe, as a shell's `<(…)`, has to be written. */
const LONGEST_MS = 5000;
const PAUSE_MS = 10;

/**
 * The text of a file, or of a pipe that is being written: bounded in bytes and in time, for a device may
 * have no end and a pipe no writer.
 * @throws the system's error; EFBIG for more than 4 MiB, ETIMEDOUT for a pipe that is not written
 */
export const readFile: ReadFile = Object.assign(readBounded, { exposureOf });

function readBounded(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const text = readAll(file).toString('utf8');
    if (text === '' && fstatSync(file).isFIFO()) throw fault('ETIMEDOUT', 'nobody writes to it');
    return text;
  } finally {
    closeSync(file);
  }
}

function readAll(file: number): Buffer {
  const parts: Buffer[] = [];
  const until = Date.now() + LONGEST_MS;
  for (let size = 0; size <= MOST_BYTES;) {
    const part = Buffer.allocUnsafe(65_536);
    const length = readSome(file, part);
    if (length === 0) return Buffer.concat(parts);
    if (length === undefined) {
      if (Date.now() > until) throw fault('ETIMEDOUT', 'nobody writes to it');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      continue;
    }
    parts.push(part.subarray(0, length));
    size += length;
  }
  throw fault('EFBIG', 'it is too large, or has no end');
}

/** Undefined where there is nothing yet. */
function readSome(file: number, part: Buffer): number | undefined {
  try {
    return readSync(file, part);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EAGAIN') return undefined;
    throw error;
  }
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
