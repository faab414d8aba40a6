import type { Room } from '../files/media-files.js';

const GIB = 2 ** 30;

/** For people. */
export function roomInWords({ freeBytes, totalBytes }: Room): string {
  if (freeBytes === undefined || totalBytes === undefined) return 'takes and gives files';
  const gib = (bytes: number) => (bytes / GIB).toFixed(1);
  return `takes and gives files, ${gib(freeBytes)} of ${gib(totalBytes)} GiB free`;
}
