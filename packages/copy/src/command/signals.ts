import { ReasonError } from '../reasons.js';

/** The first signal stops the copy in order; the second ends the process at once. */
export function stopOnSignal(): {
  readonly signal: AbortSignal;
  readonly onStop: (stop: () => void) => void;
} {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort(
        new ReasonError('COPY_STOPPED', { detail: `the copy was stopped by ${signal}` }),
      );
    });
  }
  return {
    signal: stopping.signal,
    onStop: (stop) => {
      stopping.signal.addEventListener('abort', stop);
    },
  };
}
