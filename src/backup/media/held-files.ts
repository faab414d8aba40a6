/** Files that are read or put at once: each waits for the disk, or for a bucket far away. */
export const AT_ONCE = 16;

/** Bytes of a file that is held in memory meanwhile; a larger one is passed on in pieces while nothing else is. */
export const MOST_HELD = 256 * 1024;
