import { createHash } from 'node:crypto';
import type { Caller } from '../auth/caller.js';
import type { HttpReply } from './http-reply.js';
import { ReasonError } from '../reasons.js';
import { hashLargeJson } from '@holdfast/core/json';
import type { Answered, RequestKey } from '@holdfast/core/request-key';

/**
 * The key of a request as it is kept.
 * @param caller whose own it is: another caller's key of the same text is another key
 * @throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID
 */
export function readIdempotencyKey(header: string | undefined, caller: Caller | null): string {
  if (header === undefined) throw new ReasonError('IDEMPOTENCY_KEY_REQUIRED');
  if (!/^[\x21-\x7E]{1,255}$/.test(header)) throw new ReasonError('IDEMPOTENCY_KEY_INVALID');
  return keyOf(header, caller);
}

/** What a caller's key is kept as: no key that is sent has a blank, so that nobody can send another's. */
export function keyOf(sent: string, caller: Caller | null): string {
  if (!caller) return sent;
  return `${createHash('sha256').update(caller.subject).digest('base64url')} ${sent}`;
}

/** A kept key as its caller sent it. */
export function keyAsSent(kept: string): string {
  return kept.slice(kept.indexOf(' ') + 1);
}

/**
 * The key of a request that may come without one.
 * @param request what has to be the same when the key comes again: the route, its path, the body
 * @param caller see `readIdempotencyKey`
 * @throws IDEMPOTENCY_KEY_INVALID
 */
export async function readRequestKey(
  header: string | undefined,
  request: object,
  caller: Caller | null,
): Promise<RequestKey | null> {
  if (header === undefined) return null;
  return { key: readIdempotencyKey(header, caller), requestHash: await hashLargeJson(request) };
}

/** Marks an answer that has been given before: with 200, whatever the status was the first time. */
export function markReplay(reply: HttpReply): void {
  reply.status(200);
  reply.header('idempotency-replayed', 'true');
}

/** @returns the body of the answer, which is marked when it is a replay */
export function bodyOf<Result>(answered: Answered<Result>, reply: HttpReply): object {
  if (answered.replayed) markReplay(reply);
  return answered.body;
}
