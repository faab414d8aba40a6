import { connect, createServer, type Socket } from 'node:net';

/** Stands before a server and refuses logins that ask for settings, as the poolers of providers do. */
export interface RefusingPooler {
  readonly port: number;
  /** Log-ins that were refused so far. */
  readonly refused: () => number;
  readonly close: () => Promise<void>;
}

/**
 * @param parameters of the start-up packet that are refused
 * @param delayMs how long each log-in is kept waiting before it reaches the server
 */
export async function startRefusingPooler(
  target: { readonly port: number },
  parameters: readonly string[],
  sqlState: string,
  delayMs = 0,
): Promise<RefusingPooler> {
  const sockets = new Set<Socket>();
  let refused = 0;
  const server = createServer((client) => {
    const track = (socket: Socket) => {
      sockets.add(socket);
      // A close follows every error.
      socket.on('error', () => undefined);
    };
    track(client);
    client.once('data', (startUp) => {
      const asked = parameters.find((name) => startUp.includes(`\0${name}\0`));
      if (asked !== undefined) {
        refused += 1;
        client.end(errorResponse(sqlState, `unsupported startup parameter: ${asked}`));
        return;
      }
      setTimeout(() => {
        const upstream = connect(target.port, '127.0.0.1');
        track(upstream);
        upstream.write(startUp);
        client.pipe(upstream);
        upstream.pipe(client);
        client.on('close', () => upstream.destroy());
        upstream.on('close', () => client.destroy());
      }, delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    refused: () => refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The protocol's message of a refusal. */
function errorResponse(sqlState: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
