import { bearer, EVERY_SCOPE, tokenFor } from '../tokens.js';
import { newAddress, request, rows } from './abuse-case.js';
import type { Sent } from './exchange.js';
import { as, OURS, PROPOSALS, REFUSED_LIMIT } from './stage.js';

const TRIES = REFUSED_LIMIT + 5;

/** A token by a key that somebody tries. */
const tried = async (at: number) =>
  bearer(await tokenFor('advisor-1', EVERY_SCOPE, OURS, `a key that somebody tries, number ${at}`));

const from = (address: string) => ({ 'X-Forwarded-For': address });

async function tries(addressOf: (at: number) => string): Promise<readonly Sent[]> {
  return Promise.all(
    Array.from({ length: TRIES }, async (_, at) =>
      request('GET', PROPOSALS, { ...(await tried(at)), ...from(addressOf(at)) }),
    ),
  );
}

/** From one address that is used up, and then one thing more. */
const afterwards = (then: (address: string) => Promise<Sent>) => async () => {
  const address = newAddress();
  return [...(await tries(() => address)), await then(address)];
};

export const floodCases = [
  ...rows('tokens that are tried', [
    ['from one address', afterwards(async (address) => request('GET', PROPOSALS, { ...(await tried(999)), ...from(address) })), 429, 'RATE_LIMITED'],
    ['from one address, on another route', afterwards(async (address) => request('GET', '/health/pool', { ...(await tried(999)), ...from(address) })), 429, 'RATE_LIMITED'],
    ['from one address, with another method', afterwards(async (address) => request('POST', PROPOSALS, { ...(await tried(999)), ...from(address) }, '{}')), 429, 'RATE_LIMITED'],
    ['from one address that names others before it', async () => {
      const address = newAddress();
      return tries((at) => `203.0.113.${at}, ${address}`);
    }, 429, 'RATE_LIMITED'],
    ['from one network of IPv6', () => tries((at) => `2001:db8:1:1::${at + 1}`), 429, 'RATE_LIMITED'],
    ['from one address of IPv4, in two forms', async () => {
      const address = newAddress();
      return tries((at) => (at % 2 === 0 ? address : `::ffff:${address}`));
    }, 429, 'RATE_LIMITED'],
    ['from many addresses', () => tries((at) => `203.0.114.${at + 1}`), 401, 'TOKEN_INVALID'],
    ['while somebody at that address has a good one', afterwards(async (address) => request('GET', PROPOSALS, { ...(await as('advisor-9')), ...from(address) })), 200, null],
    ['while a probe comes from there', afterwards((address) => Promise.resolve(request('GET', '/health/ready', from(address)))), 200, null],
  ]),
  ...rows('paths that are tried', [
    ['from one address', async () => {
      const address = newAddress();
      return Promise.resolve(Array.from({ length: TRIES }, (_, at) => request('GET', `/admin/${at}`, from(address))));
    }, 429, 'RATE_LIMITED'],
  ]),
]; // prettier-ignore

/** They take as long as a request may: sent before all others, and looked at after them. */
export const slowCases = rows('a slow client', [
  ['whose headers do not end', () => ({ bytes: `GET ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nX-A: `, withinMs: 60_000 }), 408, 'REQUEST_TIMEOUT'],
  ['that sends a byte of its headers a second', () => ({ bytes: `GET ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nX-A: ${'a'.repeat(200)}`, pauseMs: 1000, withinMs: 60_000 }), 408, 'REQUEST_TIMEOUT'],
  ['whose body does not end', async () => ({ bytes: `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nauthorization: ${(await as('me')).authorization}\r\nIdempotency-Key: abuse\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`, withinMs: 60_000 }), 408, 'REQUEST_TIMEOUT'],
  ['whose body comes in chunks of a byte that do not end', async () => ({ bytes: `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nauthorization: ${(await as('me')).authorization}\r\nIdempotency-Key: abuse\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, withinMs: 60_000 }), 408, 'REQUEST_TIMEOUT'],
  ['that sends nothing', () => ({ bytes: '', withinMs: 60_000 }), 408, 'REQUEST_TIMEOUT'],
]); // prettier-ignore
