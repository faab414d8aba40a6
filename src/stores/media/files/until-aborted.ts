/**
 * What comes in, until the signal is aborted: then at once, also while nothing comes.
 * @throws what `content` throws, the reason of the signal
 */
export async function* untilAborted<T>(
  content: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = content[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await orAborted(iterator.next(), signal);
      isOver = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: it may itself wait for what never comes.
    if (!isOver) iterator.return?.().then(undefined, () => undefined);
  }
}

/**
 * The answer, unless the signal is aborted first. Nothing of it is held by the signal afterwards, as a promise of the
 * abortion would that it is raced with.
 * @throws what the answer rejects with, the reason of the signal
 */
export function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void answer.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
