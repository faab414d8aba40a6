import { rows } from './abuse-case.js';
import type { Sent } from './exchange.js';
import { get, post } from './own-request.js';
import { as, type Headers, NEW, PROPOSALS } from './stage.js';

const MIB = 1024 * 1024;

const withDocument = (document: string) => post(`{"portfolio_id":"pf-1","document":${document}}`);

async function chunked(size: number, piece: string): Promise<Sent> {
  const head = Object.entries({ ...(await as('me')), 'Idempotency-Key': 'abuse' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
  return {
    bytes: `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n${head.join('')}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(size)}0\r\n\r\n`,
  };
}

const names = (count: number) =>
  `{${Array.from({ length: count }, (_, at) => `"n${at}":0`).join(',')}}`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const many = (count: number): Headers =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, '1']));

export const boundCases = [
  ...rows('too large', [
    ['a URL of 9 KB', get(`${PROPOSALS}?portfolio_id=${'x'.repeat(9000)}`), 414, 'TARGET_TOO_LONG'],
    ['a URL of 20 KB', get(`${PROPOSALS}?portfolio_id=${'x'.repeat(20_000)}`), 414, 'TARGET_TOO_LONG'],
    ['a path of 9 KB', get(`${PROPOSALS}/${'x'.repeat(9000)}`), 414, 'TARGET_TOO_LONG'],
    ['an identifier of 2,000 characters', get(`${PROPOSALS}/${'x'.repeat(2000)}`), 414, 'TARGET_TOO_LONG'],
    ['an identifier of 129 characters', get(`${PROPOSALS}/${'x'.repeat(129)}`), 422, 'VALIDATION_FAILED'],
    ['a header of 17 KB', get(PROPOSALS, { X: 'x'.repeat(17_000) }), 431, 'HEADERS_TOO_LARGE'],
    ['the name of a header of 17 KB', get(PROPOSALS, { ['x'.repeat(17_000)]: '1' }), 431, 'HEADERS_TOO_LARGE'],
    ['101 headers', get(PROPOSALS, many(101)), 431, 'HEADERS_TOO_LARGE'],
    ['3,000 headers', get(PROPOSALS, many(3000)), 431, 'HEADERS_TOO_LARGE'],
    ['a thousand parameters', get(`${PROPOSALS}?${'a=1&'.repeat(1000)}`), 422, 'VALIDATION_FAILED'],
    ['a body of 3 MiB', post(`"${'x'.repeat(3 * MIB)}"`), 413, 'BODY_TOO_LARGE'],
    ['a body of 3 MiB in chunks', () => chunked(3, 'x'.repeat(MIB)), 413, 'BODY_TOO_LARGE'],
    ['a body in chunks of a byte', () => chunked(100_000, '['), 422, 'JSON_TOO_DEEP'],
    ['a body that says that it has 9 PB', post('{}', { 'Content-Length': '9007199254740991' }), 413, 'BODY_TOO_LARGE'],
    ['a document beyond 1 MiB', withDocument(`"${'x'.repeat(MIB + 1)}"`), 413, 'DOCUMENT_TOO_LARGE'],
    ['129 levels', withDocument(nested(130)), 422, 'JSON_TOO_DEEP'],
    ['100,000 levels that do not end', post('['.repeat(100_000)), 422, 'JSON_TOO_DEEP'],
    ['100,000 values', withDocument(`[${'0,'.repeat(100_000)}0]`), 413, 'BODY_TOO_COMPLEX'],
    ['20,001 names', withDocument(names(20_001)), 413, 'BODY_TOO_COMPLEX'],
    ['a name of 129 characters', post(JSON.stringify({ ...NEW, portfolio_id: 'x'.repeat(129) })), 422, 'VALIDATION_FAILED'],
    ['a key of 256 characters', post(JSON.stringify(NEW), { 'Idempotency-Key': 'x'.repeat(256) }), 400, 'IDEMPOTENCY_KEY_INVALID'],
    ['a page of a billion', get(`${PROPOSALS}?limit=1000000000`), 422, 'VALIDATION_FAILED'],
    ['a page of fewer than none', get(`${PROPOSALS}?limit=-1`), 422, 'VALIDATION_FAILED'],
    ['a page of 1e3', get(`${PROPOSALS}?limit=1e2`), 422, 'VALIDATION_FAILED'],
    ['200 entity tags that are none', get(`${PROPOSALS}/none`, { 'If-None-Match': '",'.repeat(2000) }), 404, 'PROPOSAL_NOT_FOUND'],
  ]),
  ...rows('a number that is none', [
    ['beyond a double', withDocument('1e400'), 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
    ['beyond 2^53', withDocument('9007199254740993'), 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
    ['-0', withDocument('-0'), 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
    ['of a million digits', withDocument('1'.repeat(1_000_000)), 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
    ['NaN', withDocument('NaN'), 400, 'BODY_MALFORMED'],
    ['in hexadecimal', withDocument('0x10'), 400, 'BODY_MALFORMED'],
  ]),
]; // prettier-ignore
