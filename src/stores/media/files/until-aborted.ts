/**
 * What comes in, until the signal is aborted: then at once, also while nothing comes.
 * @throws what `content` throws, the reason of the signal
 */
export async function* untilAborted<T>(
  content: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
  });
  aborted.catch(() => undefined);
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  const iterator = content[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      signal.throwIfAborted();
      isOver = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Not waited for: it may itself wait for what never comes.
    if (!isOver) iterator.return?.().then(undefined, () => undefined);
  }
}
