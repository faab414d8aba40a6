/** How often a property is tried: as often as usual, or `FAST_CHECK_RUNS` times if that is fewer. */
export function tries(usual: number): number {
  return Math.min(usual, Number(process.env.FAST_CHECK_RUNS ?? usual));
}
