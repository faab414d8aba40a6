import { request } from './abuse-case.js';
import { as, type Headers, PROPOSALS } from './stage.js';

/** A creation of a proposal by somebody who may create them. */
export const post =
  (body: string | Buffer, headers: Headers = {}) =>
  async () =>
    request(
      'POST',
      PROPOSALS,
      { ...(await as('me')), 'Idempotency-Key': 'abuse', ...headers },
      body,
    );

/** A reading by the same. */
export const get =
  (target: string, headers: Headers = {}) =>
  async () =>
    request('GET', target, { ...(await as('me')), ...headers });
