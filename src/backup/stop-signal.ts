import { ReasonError } from './backup.reasons.js';

/** The first signal stops in order; the second ends the process at once. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort(new ReasonError('BACKUP_STOPPED', { detail: `it was stopped by ${signal}` }));
    });
  }
  return stopping.signal;
}
