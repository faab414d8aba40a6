import type { FastifyReply } from 'fastify';
import { ReasonError } from '../reasons.js';
import { hashLargeJson } from '@holdfast/core/json';
import type { Answered, RequestKey } from '@holdfast/core/request-key';
import type { OperationDescription, RequestHeader, Returned } from './operation.js';

/** @throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID */
export function readIdempotencyKey(header: string | undefined): string {
  if (header === undefined) throw new ReasonError('IDEMPOTENCY_KEY_REQUIRED');
  if (!/^[\x21-\x7E]{1,255}$/.test(header)) throw new ReasonError('IDEMPOTENCY_KEY_INVALID');
  return header;
}

/**
 * The key of a request that may come without one.
 * @param request what has to be the same when the key comes again: the route, its path, the body
 * @throws IDEMPOTENCY_KEY_INVALID
 */
export async function readRequestKey(
  header: string | undefined,
  request: object,
): Promise<RequestKey | null> {
  if (header === undefined) return null;
  return { key: readIdempotencyKey(header), requestHash: await hashLargeJson(request) };
}

/** Marks an answer that has been given before: with 200, whatever the status was the first time. */
export function markReplay(reply: FastifyReply): void {
  void reply.status(200).header('idempotency-replayed', 'true');
}

/** @returns the body of the answer, which is marked when it is a replay */
export function bodyOf<Result>(answered: Answered<Result>, reply: FastifyReply): object {
  if (answered.replayed) markReplay(reply);
  return answered.body;
}

const OPTIONAL_KEY: RequestHeader = {
  name: 'Idempotency-Key',
  description:
    '1 to 255 visible ASCII characters. The same request with the same key is carried out once and gets its first answer again, with 200 and Idempotency-Replayed, until a purge deletes it (IDEMPOTENCY_KEY_TTL_SECONDS); then the key may be used anew. Keys of the routes that create proposals and runs count apart.',
  required: false,
  example: 'order-2026-11-21-0002',
};

const REPLAYED = 'Always true; only where the request was carried out before under its key.';

/** Adds to a route's description that its request may name itself by an Idempotency-Key. */
export function keyed(description: OperationDescription): OperationDescription {
  const { returns, errors = [], headers = [] } = description;
  const [first] = Object.values(returns);
  const replay: Returned = {
    ...first,
    ...returns[200],
    description: returns[200]?.description ?? 'Carried out before under this key.',
  };
  return {
    ...description,
    headers: [...headers, OPTIONAL_KEY],
    returns: {
      ...returns,
      200: { ...replay, headers: { ...returns[200]?.headers, 'Idempotency-Replayed': REPLAYED } },
    },
    errors: ['IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_CONFLICT', ...errors],
  };
}
