import type { Secret } from '@holdfast/core/secret';
import { ReasonError } from './proof.reasons.js';

const READ_BYTES = 256 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * One GET, its body and all, within the limit.
 * @param token of a caller, where one is asked for
 * @throws PROOF_STEP_TIMEOUT, PROOF_SERVICE_UNREACHABLE
 */
export async function httpGet(url: URL, limitMs: number, token?: Secret): Promise<HttpAnswer> {
  try {
    const answer = await fetch(url, {
      headers: {
        connection: 'close',
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    return { status: answer.status, text: await textOf(answer) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw isLate
      ? new ReasonError('PROOF_STEP_TIMEOUT', { detail: `no answer within ${limitMs} ms` })
      : new ReasonError('PROOF_SERVICE_UNREACHABLE', { detail: causeOf(error), cause: error });
  }
}

/** As much of the body as a probe's answer ever has. */
async function textOf(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > READ_BYTES) break;
  }
  return text;
}

/** Node's code of what went wrong with the connection. */
function causeOf(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? `the connection fails: ${code}` : 'the connection fails';
}
