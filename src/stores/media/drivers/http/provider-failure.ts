import { ReasonError } from '../../media.reasons.js';

/** What a provider answered instead; its body is nobody's to see. */
export class ProviderStatus extends Error {
  override readonly name = 'ProviderStatus';

  constructor(
    readonly status: number,
    /** Seconds, where the provider says when to come again. */
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(`status ${status}`);
  }

  get isRateLimit(): boolean {
    return this.status === 429;
  }

  /** Whether it may be well the next time. */
  get isPassing(): boolean {
    return this.isRateLimit || this.status >= 500;
  }
}

/** An answer that is none: what is missing from it, in words of this program. */
export class ProviderAnswerFault extends Error {
  override readonly name = 'ProviderAnswerFault';

  /** @param isPassing whether it may be well the next time */
  constructor(
    message: string,
    readonly isPassing = false,
  ) {
    super(message);
  }
}

/**
 * What is told of a provider that failed.
 * @param provider its name
 */
export function providerFailure(provider: string, cause: unknown): ReasonError {
  if (cause instanceof ReasonError) return cause;
  if (cause instanceof ProviderStatus && cause.isRateLimit) {
    const { retryAfterSeconds } = cause;
    return new ReasonError('PROVIDER_RATE_LIMITED', {
      detail: `${provider} takes no more for now`,
      cause,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  return new ReasonError('PROVIDER_FAILED', { detail: `${provider}: ${wordsFor(cause)}`, cause });
}

/** Whether asking again may help: a line that broke may be there again. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ProviderStatus || error instanceof ProviderAnswerFault)
    return error.isPassing;
  return !(error instanceof ReasonError);
}

function wordsFor(error: unknown): string {
  if (error instanceof ProviderStatus || error instanceof ProviderAnswerFault) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  return `no connection (${code ?? 'unknown'})`;
}
