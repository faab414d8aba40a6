import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './tls.js';

const SSL_REQUEST = 80877103;

/** A server before PostgreSQL. */
export interface Router {
  readonly port: number;
  /** The `options` of the sessions so far, as they came. */
  readonly options: readonly string[];
  close(): Promise<void>;
}

/**
 * Does what the routers of providers do: ends TLS, takes a cluster's name out of `options`, and passes
 * the session on to a unix socket. Without a certificate it offers no TLS.
 */
export async function startRouter(target: string, certificate?: Certificate): Promise<Router> {
  const options: string[] = [];
  const open = new Set<Socket>();
  const pass = (client: Socket, startup: Buffer) => {
    const upstream = connect(target);
    open.add(upstream);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    upstream.write(withoutOptions(startup, options));
    client.pipe(upstream).pipe(client);
  };
  const server: Server = createServer((client) => {
    open.add(client);
    client.on('error', () => undefined);
    client.once('data', (first) => {
      if (first.length < 8 || first.readInt32BE(4) !== SSL_REQUEST) {
        pass(client, first);
        return;
      }
      client.write(certificate ? 'S' : 'N');
      if (!certificate) {
        client.once('data', (startup) => {
          pass(client, startup);
        });
        return;
      }
      const secure = new TLSSocket(client, {
        isServer: true,
        cert: readFileSync(certificate.file),
        key: readFileSync(certificate.key),
      });
      secure.on('error', () => client.destroy());
      secure.once('data', (startup: Buffer) => {
        pass(secure, startup);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    options,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A start-up message: its length, the protocol, then names and values that end in NUL each. */
function withoutOptions(startup: Buffer, seen: string[]): Buffer {
  const texts = startup
    .subarray(8, startup.length - 2)
    .toString('utf8')
    .split('\0');
  const kept: string[] = [];
  for (let at = 0; at + 1 < texts.length; at += 2) {
    const [name = '', value = ''] = texts.slice(at, at + 2);
    if (name === 'options') seen.push(value);
    else kept.push(name, value);
  }
  const body = Buffer.from([...kept, '', ''].join('\0'), 'utf8');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  startup.copy(head, 4, 4, 8);
  return Buffer.concat([head, body]);
}
