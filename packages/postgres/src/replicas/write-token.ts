const TOKEN = /^1\.([0-9a-z]{1,10})$/;

/**
 * What a client shows to another process so that its write is seen there: when, by the primary's
 * clock, the write had been committed.
 * @param clock milliseconds; undefined when the primary has never told
 */
export function writeToken(clock: number | undefined): string {
  return clock === undefined ? '1.' : `1.${Math.ceil(clock).toString(36)}`;
}

/**
 * @returns milliseconds of the primary's clock; Infinity for a text that says nothing, which no
 * replica has caught up with
 */
export function clockOfToken(token: string): number {
  const [, digits] = TOKEN.exec(token) ?? [];
  return digits === undefined ? Infinity : parseInt(digits, 36);
}
