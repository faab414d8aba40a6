import { ReasonError } from '../reasons.js';

/** @throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID */
export function readIdempotencyKey(header: string | undefined): string {
  if (header === undefined) throw new ReasonError('IDEMPOTENCY_KEY_REQUIRED');
  if (!/^[\x21-\x7E]{1,255}$/.test(header)) throw new ReasonError('IDEMPOTENCY_KEY_INVALID');
  return header;
}
