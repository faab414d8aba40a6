import type { Secret } from '@holdfast/core/secret';
import { type HttpAnswer, httpGet, NoAnswer } from '../http-get.js';
import { ReasonError } from './proof.reasons.js';

/** As much of a body as a probe's answer ever has. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * What a service under proof answers.
 * @param token of a caller, where one is asked for
 * @throws PROOF_STEP_TIMEOUT, PROOF_SERVICE_UNREACHABLE
 */
export async function serviceGet(url: URL, limitMs: number, token?: Secret): Promise<HttpAnswer> {
  try {
    return await httpGet(url, { limitMs, mostCharacters: MOST_CHARACTERS }, token);
  } catch (cause) {
    if (!(cause instanceof NoAnswer)) throw cause;
    const code = cause.isLate ? 'PROOF_STEP_TIMEOUT' : 'PROOF_SERVICE_UNREACHABLE';
    throw new ReasonError(code, { detail: cause.message, cause });
  }
}
