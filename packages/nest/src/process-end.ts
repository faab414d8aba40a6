import type { Log } from '@holdfast/core/log';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from './reasons.js';

export const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Ends the process with the code of the catalogue; whatever is not in it ends it with 1. */
export async function endOnFailure(log: Log, work: () => Promise<void>): Promise<void> {
  process.on('uncaughtException', (error) => {
    log.fatal(
      { event: 'process.failed', code: 'INTERNAL_ERROR', err: error },
      'ends: uncaught error',
    );
    process.exit(EXIT.failed);
  });
  try {
    await work();
  } catch (error) {
    const failure =
      error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
    const { code, message, reason, cause } = failure;
    log.fatal({ event: 'startup.failed', code, fix: reason.fix, err: cause }, message);
    process.exit(reason.exit ?? EXIT.failed);
  }
}

/**
 * Ends the process on a signal, with 0, for as long as it does not serve: there is no request to answer.
 * Without it the first process of a container, which no signal ends by default, would continue to start.
 */
export function endOnSignal(): void {
  for (const signal of SIGNALS) process.on(signal, endImmediately);
}

export function endImmediately(): void {
  process.exit(EXIT.ok);
}
