import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '@holdfast/core/jitter';
import { mayPass, providerFailure, ProviderStatus } from './provider-failure.js';

/** Each costs money, and one that fails so often is down. */
const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 500;

/** A provider takes seconds to change an image: with less time left it is not begun again. */
const LEAST_WORK_MS = 2000;

interface Retrying {
  /** Name of the provider. */
  readonly provider: string;
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Whether asking again may help, and costs nothing that is not wanted. */
  readonly mayPass?: (error: unknown) => boolean;
}

/**
 * Asks again where that may help, for as long as there is time.
 * @throws PROVIDER_FAILED, PROVIDER_RATE_LIMITED: what was wrong last; the reason of the signal
 */
export async function retried<T>(
  { provider, deadline, signal, mayPass: isWorth = mayPass }: Retrying,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (tries === MOST_TRIES || !isWorth(error)) throw providerFailure(provider, error);
      const pauseMs = pauseFor(error, tries);
      if (performance.now() + pauseMs + LEAST_WORK_MS > deadline)
        throw providerFailure(provider, error);
      await pause(pauseMs, signal);
    }
  }
}

/** As the provider says, or longer each time. */
function pauseFor(error: unknown, tries: number): number {
  const told = error instanceof ProviderStatus ? error.retryAfterSeconds : undefined;
  return told === undefined ? jittered(FIRST_PAUSE_MS * 2 ** tries) : told * 1000;
}

/** @throws the reason of the signal */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
