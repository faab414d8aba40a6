/** Who waits for a turn of the event loop, first come first served. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a turn of the event loop of its own: long work that is done in pieces, with this between
 * them, lets everything else go on. However many wait, each turn goes to one of them.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeNext);
  });
}

/**
 * Does the first piece of a work at once, each other in a turn of its own; what follows a work of several
 * pieces begins in a turn of its own as well. @returns what the work gives
 */
export async function runYielding<T>(work: Generator<void, T, void>): Promise<T> {
  for (let pieces = 1; ; pieces += 1) {
    const { done, value } = work.next();
    if (!done || pieces > 1) await yieldToEventLoop();
    if (done) return value;
  }
}

/** Does all pieces of a work at once. @returns what the work gives */
export function runSync<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function resumeNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeNext);
}
