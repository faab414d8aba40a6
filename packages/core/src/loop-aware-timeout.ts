/** How finely the time is told in which the event loop was held up. */
const SLICES = 20;
const SHORTEST_SLICE_MS = 20;

/**
 * Does something after the time has passed in which this process could have heard of an answer: of a
 * time in which its event loop was held up, no more than two slices count. What has arrived by then is
 * read first.
 * @returns what puts it off for good
 */
export function setLoopAwareTimeout(milliseconds: number, action: () => void): () => void {
  const slice = Math.max(SHORTEST_SLICE_MS, Math.ceil(milliseconds / SLICES));
  let left = milliseconds;
  let isOff = false;
  let timer: NodeJS.Timeout;
  let begun = 0;
  const sleep = () => {
    begun = performance.now();
    timer = setTimeout(tick, Math.min(slice, Math.ceil(left))).unref();
  };
  const tick = () => {
    // A little late each time, as timers of a busy process are, it would come much too late.
    left -= Math.max(slice, Math.min(performance.now() - begun, 2 * slice));
    if (left > 0) sleep();
    else
      setImmediate(() => {
        if (!isOff) action();
      });
  };
  sleep();
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}
