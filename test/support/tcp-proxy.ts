import { connect, createServer, type Socket } from 'node:net';

/** Stands between the service and a server, and breaks the line in the ways that networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were accepted so far, whatever became of them. */
  readonly accepted: () => number;
  /** Connections of clients that are open now. */
  readonly open: () => number;
  /** How often a client has sent something and then got an answer, so far. */
  readonly roundTrips: () => number;
  /** Nothing goes through any more, and nothing is closed: a frozen server, a dropped route. */
  readonly stall: () => void;
  /** Does something as soon as a client sends the text, before that goes through. */
  readonly when: (text: string, action: () => void) => void;
  /** What was held back goes through. */
  readonly resume: () => void;
  /** Closes every connection, and each new one at once. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

export async function startProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const held: (() => void)[] = [];
  let accepted = 0;
  let roundTrips = 0;
  let isStalled = false;
  let isCut = false;
  let trap: { readonly text: string; readonly action: () => void } | undefined;

  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A close follows every error, and is what is passed on.
    socket.on('error', () => undefined);
  };
  const forward = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => {
      const send = () => {
        if (!to.destroyed) to.write(chunk);
      };
      if (isStalled) held.push(send);
      else send();
    });
    from.on('close', () => to.destroy());
  };

  const server = createServer((client) => {
    accepted += 1;
    track(client);
    if (isCut) {
      client.destroy();
      return;
    }
    client.on('data', (chunk) => {
      if (!trap || !chunk.includes(trap.text)) return;
      const { action } = trap;
      trap = undefined;
      action();
    });
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const upstream = connect(target.port, target.host ?? '127.0.0.1');
    track(upstream);
    let asked = false;
    client.on('data', () => (asked = true));
    upstream.on('data', () => {
      if (asked) roundTrips += 1;
      asked = false;
    });
    forward(client, upstream);
    forward(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    accepted: () => accepted,
    open: () => clients.size,
    roundTrips: () => roundTrips,
    stall: () => {
      isStalled = true;
    },
    when: (text, action) => {
      trap = { text, action };
    },
    resume: () => {
      isStalled = false;
      for (const send of held.splice(0)) send();
    },
    cut,
    mend: () => {
      isCut = false;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same connection string, but through the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(proxy.port);
  return changed.href;
}
