import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** SQLite's header has the counter of changes and the version of the schema in it. */
const HEADER_BYTES = 100;

/**
 * What tells whether a file is as it was: size, time of the last change and header, of the database
 * and of its write-ahead log where one holds something. Not while SQLite has the file open in this
 * process: on POSIX systems its locks would go (https://www.sqlite.org/howtocorrupt.html, 2.2).
 */
export function fingerprintOf(path: string): string {
  const hash = createHash('sha256');
  for (const file of [path, `${path}-wal`]) {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (!stat || stat.size === 0n) continue;
    hash.update(`${stat.size} ${stat.mtimeNs};`).update(headerOf(file));
  }
  return hash.digest('hex');
}

function headerOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}
