import '@holdfast/nest/reasons';
import type { OperationDescription, RequestHeader, Returned } from '@holdfast/nest/http/operation';

const OPTIONAL_KEY: RequestHeader = {
  name: 'Idempotency-Key',
  description:
    '1 to 255 visible ASCII characters. The same request with the same key is carried out once and gets its first answer again, with 200 and Idempotency-Replayed, until a purge deletes it (IDEMPOTENCY_KEY_TTL_SECONDS); then the key may be used anew. Keys of the routes that create proposals and runs count apart.',
  required: false,
  example: 'order-2026-11-21-0002',
};

const REPLAYED = 'Always true; only where the request was carried out before under its key.';

/** Adds to a route's description that its request may name itself by an Idempotency-Key. */
export function withIdempotencyKey(description: OperationDescription): OperationDescription {
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
