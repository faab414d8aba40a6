import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One request that a provider was sent. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

export type Answering = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** A server that answers as a provider does, or as it is told. */
export interface ProviderServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Connections that are open. */
  readonly open: () => number;
  answer: Answering;
  readonly stop: () => Promise<void>;
}

export async function startProvider(): Promise<ProviderServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    void (async () => {
      const body = await buffer(request).catch(() => Buffer.alloc(0));
      const { method = '', url = '', headers } = request;
      const each = { method, path: url, headers, body, at: performance.now() };
      asked.push(each);
      await provider.answer(each, response);
    })();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: ProviderServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    open: () => sockets.size,
    answer: (_, response) => {
      response.writeHead(500).end();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
