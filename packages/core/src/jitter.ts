/**
 * Draws a time by lot, so that many processes or connections do not all act at the same moment.
 * @param milliseconds the time to vary
 * @param least smallest share of it, inclusive
 * @param most largest share of it, exclusive
 * @returns milliseconds, evenly distributed between the two
 */
export function jittered(milliseconds: number, least = 0.5, most = 1): number {
  return milliseconds * (least + Math.random() * (most - least));
}
