import { answer, defineReasons } from '@holdfast/core/reasons';

/**
 * What `deploy/haproxy.cfg` answers itself; a test compares the two. Bytes that are no request, and headers that
 * do not end in time, HAProxy answers before its configuration has a say: with a page of its own, 400 or 408.
 */
export const reasons = defineReasons({
  BALANCER_REQUEST_MALFORMED: answer(
    400,
    'The balancer cannot read the request.',
    'Send HTTP/1.1, with one way to say how long the body is, and each part of it as long as it says.',
  ),
  BALANCER_ROUTE_CLOSED: answer(
    404,
    'The balancer lets nobody through to this path.',
    'Ask for what begins with /rebalance/, /api/ingest/, /api/jobs/ or /public/; what is for operators is asked at the instances, from their network.',
  ),
  BALANCER_INSTANCE_LOST: answer(
    502,
    'The instance ended before its answer was whole; the request may have been carried out.',
    'Send it again under its Idempotency-Key, or read the record and decide; see why the instance ended.',
  ),
  BALANCER_NO_INSTANCE: answer(
    503,
    'No instance is ready.',
    'Send it again later. Ask each instance for /health/ready: it says what is wrong and what to do.',
  ),
  BALANCER_INSTANCE_TIMEOUT: answer(
    504,
    'The instance did not answer in time; the request may have been carried out.',
    'Send it again under its Idempotency-Key, or read the record and decide; see GET /health/pool of the instances.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}
