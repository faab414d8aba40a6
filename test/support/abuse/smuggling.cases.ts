import { newAddress, rows } from './abuse-case.js';
import { as, type Headers, NEW, PROPOSALS } from './stage.js';

const BODY = JSON.stringify(NEW);

/** What would be carried out, were it taken for a request. */
const hidden = (headers: Headers) =>
  `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${lines(headers)}Idempotency-Key: hidden\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

const lines = (headers: Headers) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/**
 * A request of a caller who may do everything, with lines that two readers may take for two things, and behind it
 * bytes that would be a second request.
 */
const smuggled =
  (fields: string, body = '0\r\n\r\n', first = `POST ${PROPOSALS} HTTP/1.1`) =>
  async () => {
    const token = await as('me');
    const own = `Host: h\r\nX-Forwarded-For: ${newAddress()}\r\n${lines(token)}Idempotency-Key: abuse\r\nContent-Type: application/json\r\n`;
    return { bytes: `${first}\r\n${own}${fields}\r\n${body}${hidden(token)}` };
  };

const MALFORMED = [400, 'REQUEST_MALFORMED'] as const;

/** A read, of which the lines are what is wrong. */
const read = (fields: string) =>
  smuggled(`${fields}Connection: close\r\n`, '', `GET ${PROPOSALS} HTTP/1.1`);

export const smugglingCases = [
  ...rows('two lengths', [
    ['Content-Length and Transfer-Encoding', smuggled('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), ...MALFORMED],
    ['Transfer-Encoding and Content-Length', smuggled('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'), ...MALFORMED],
    ['Content-Length: 0 and Transfer-Encoding', smuggled('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'), ...MALFORMED],
    ['two Content-Length that differ', smuggled('Content-Length: 0\r\nContent-Length: 5\r\n', ''), ...MALFORMED],
    ['two Content-Length that are the same', smuggled('Content-Length: 0\r\nContent-Length: 0\r\n', ''), ...MALFORMED],
    ['a list of them', smuggled('Content-Length: 0, 5\r\n', ''), ...MALFORMED],
  ]),
  ...rows('a length that is none', [
    ['+0', smuggled('Content-Length: +0\r\n', ''), ...MALFORMED],
    ['-1', smuggled('Content-Length: -1\r\n', ''), ...MALFORMED],
    ['0x10', smuggled('Content-Length: 0x10\r\n', ''), ...MALFORMED],
    ['empty', smuggled('Content-Length: \r\n', ''), ...MALFORMED],
    ['of 2^64 and more', smuggled('Content-Length: 18446744073709551617\r\n', ''), ...MALFORMED],
    ['with a blank within', smuggled('Content-Length: 1 0\r\n', ''), ...MALFORMED],
  ]),
  ...rows('a Transfer-Encoding', [
    ['that is no chunked', smuggled('Transfer-Encoding: xchunked\r\n'), ...MALFORMED],
    ['that is identity', smuggled('Transfer-Encoding: identity\r\n'), ...MALFORMED],
    ['with chunked before another', smuggled('Transfer-Encoding: chunked, identity\r\n'), ...MALFORMED],
    ['twice', smuggled('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n'), ...MALFORMED],
    ['behind a vertical tab', smuggled('Transfer-Encoding: \x0bchunked\r\n'), ...MALFORMED],
    ['with a blank before the colon', smuggled('Transfer-Encoding : chunked\r\n'), ...MALFORMED],
    ['on a folded line', smuggled('Transfer-Encoding:\r\n chunked\r\n'), ...MALFORMED],
    ['of HTTP/1.0', smuggled('Transfer-Encoding: chunked\r\n', undefined, `POST ${PROPOSALS} HTTP/1.0`), ...MALFORMED],
  ]),
  ...rows('a chunk', [
    ['whose size is no number', smuggled('Transfer-Encoding: chunked\r\n', 'xyz\r\n'), ...MALFORMED],
    ['whose size overflows', smuggled('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n'), ...MALFORMED],
    ['whose size is below nothing', smuggled('Transfer-Encoding: chunked\r\n', '-1\r\n'), ...MALFORMED],
    ['whose size is in 0x', smuggled('Transfer-Encoding: chunked\r\n', '0x2\r\n{}\r\n0\r\n\r\n'), ...MALFORMED],
    ['that is longer than its size', smuggled('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'), ...MALFORMED],
    ['whose line ends in LF alone', smuggled('Transfer-Encoding: chunked\r\n', '2\n{}\n0\n\n'), ...MALFORMED],
    ['with an extension that holds a line end', smuggled('Transfer-Encoding: chunked\r\n', '2;a="\n"\r\n{}\r\n0\r\n\r\n'), ...MALFORMED],
    ['with an extension of 20 KB', smuggled('Transfer-Encoding: chunked\r\n', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`), ...MALFORMED],
  ]),
  ...rows('a line', [
    ['that is folded', read('X-A: 1\r\n b: 2\r\n'), ...MALFORMED],
    ['that ends in LF alone', read('X-A: 1\nX-B: 2\r\n'), ...MALFORMED],
    ['with a CR alone within', read('X-A: 1\rX-B: 2\r\n'), ...MALFORMED],
    ['with a NUL', read('X-A: 1\0\r\n'), ...MALFORMED],
    ['with a blank in its name', read('X A: 1\r\n'), ...MALFORMED],
    ['without a name', read(': 1\r\n'), ...MALFORMED],
    ['without a colon', read('X-A\r\n'), ...MALFORMED],
    ['with a second Host', read('Host: i\r\n'), ...MALFORMED],
    ['with a version that is none', smuggled('', '', `GET ${PROPOSALS} HTTP/1.10`), ...MALFORMED],
    ['with a version of its own', smuggled('', '', `GET ${PROPOSALS} HTTP/3.0`), ...MALFORMED],
    ['without a version', () => ({ bytes: `GET ${PROPOSALS}\r\n\r\n` }), ...MALFORMED],
    ['of HTTP/2', () => ({ bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' }), ...MALFORMED],
    ['of TLS', () => ({ bytes: Buffer.from('160301020001000001fc0303', 'hex') }), ...MALFORMED],
  ]),
  ...rows('a request within a request', [
    ['in the body of a read', async () => {
      const token = await as('me');
      const inner = hidden(token);
      return { bytes: `GET ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${lines(token)}Content-Length: ${inner.length}\r\n\r\n${inner}` };
    }, 200, null],
    ['in the body of a refused write', async () => {
      const inner = hidden(await as('me'));
      return { bytes: `POST ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${inner.length}\r\n\r\n${inner}` };
    }, 401, 'TOKEN_MISSING'],
    ['behind an Upgrade to h2c', async () => {
      const token = await as('me');
      return { bytes: `GET ${PROPOSALS} HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n${lines(token)}\r\n` };
    }, 200, null],
    ['behind an Expect that is none', smuggled('Expect: magic\r\nContent-Length: 0\r\nConnection: close\r\n', ''), 417, 'EXPECTATION_FAILED'],
  ]),
]; // prettier-ignore
