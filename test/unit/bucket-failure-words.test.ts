import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bucketFailureInWords } from '../../src/object-storage/failure-words.js';

const open: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function portOf(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

const http = async (answer: RequestListener) =>
  `http://127.0.0.1:${await portOf(createServer(answer))}`;

const SIGNED = '/photos/result?X-Amz-Signature=secret';

async function saidOf(endpoint: string, timeoutMs?: number): Promise<string> {
  try {
    const signal = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${endpoint}${SIGNED}`, { redirect: 'error', signal });
    await response.text();
  } catch (error) {
    return bucketFailureInWords(error);
  }
  throw new Error('it did not fail');
}

describe('what a bucket fails with', () => {
  it.each([
    [
      'nobody listens',
      () => Promise.resolve('http://127.0.0.1:4'),
      /^ECONNREFUSED: nothing listens/,
    ],
    [
      'no such host',
      () => Promise.resolve('http://bucket.invalid'),
      /^(ENOTFOUND|EAI_AGAIN): the name of the host/,
    ],
    [
      'a port of something else',
      () => Promise.resolve('http://127.0.0.1:25'),
      /^no HTTP is spoken at such a port$/,
    ],
    [
      'no TLS',
      async () => (await http(() => undefined)).replace('http', 'https'),
      /: it does not speak TLS/,
    ],
    [
      'no HTTP',
      async () =>
        `http://127.0.0.1:${await portOf(createTcpServer((socket) => socket.end('220 mail ready\r\n')))}`,
      /: it does not speak HTTP/,
    ],
    [
      'a line that is cut',
      () => http((request) => request.socket.destroy()),
      /: the connection was closed/,
    ],
    [
      'an answer that is cut',
      () =>
        http((_, response) => {
          response.writeHead(200, { 'content-length': 10 }).write('a', () => response.destroy());
        }),
      /: the connection was closed/,
    ],
    [
      'a redirect',
      () => http((_, response) => response.writeHead(302, { location: '/' }).end()),
      /^it leads somewhere else/,
    ],
  ] as const)('%s', async (_, endpoint, said) => {
    const words = await saidOf(await endpoint());
    expect(words).toMatch(said);
    expect(words).not.toMatch(/TypeError|secret|Signature/);
  });

  it('silence', async () => {
    expect(await saidOf(await http(() => undefined), 50)).toBe('no answer in time');
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is refused'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is refused'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no answer in time'],
    ['ETIMEDOUT', 'no answer in time'],
    ['EHOSTUNREACH', 'there is no way to the host'],
  ])('%s: %s', (code, words) => {
    const cause = Object.assign(new Error('of secret'), { code });
    const error = new TypeError('fetch failed', { cause: new AggregateError([cause]) });
    expect(bucketFailureInWords(error)).toBe(`${code}: ${words}`);
  });

  it.each([
    new TypeError('secret'),
    'secret',
    undefined,
    Object.assign(new Error('secret'), { code: 20 }),
  ])('nothing of what is not known: %p', (error) => {
    expect(bucketFailureInWords(error)).toBe('there was no answer that can be used');
  });
});
