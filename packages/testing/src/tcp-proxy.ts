import { connect, createServer, type Socket } from 'node:net';

/** Stands between the service and a server, and breaks the line in the ways that networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were accepted so far, whatever became of them. */
  readonly accepted: () => number;
  /** Connections of clients that are open now. */
  readonly open: () => number;
  /**
   * How often a client has sent something and then got an answer, so far.
   * @param connection the number of one of those that were accepted, from 1; else all of them
   */
  readonly roundTrips: (connection?: number) => number;
  /** Nothing goes through any more, and nothing is closed: a frozen server, a dropped route. */
  readonly stall: () => void;
  /** Does something as soon as a client sends the text, before that goes through. */
  readonly when: (text: string, action: () => void) => void;
  /** A text of the server's goes through as another one, of the same length. */
  readonly rewrite: (from: string, to: string) => void;
  /** Does something whenever a client's connection has closed. */
  readonly onClose: (action: () => void) => void;
  /** What was held back goes through. */
  readonly resume: () => void;
  /** Everything takes so much longer from now on, in both directions together; 0 for no longer. */
  readonly delay: (roundTripMs: number) => void;
  /** The same on top, but only on connections that come from now on, for as long as they live. */
  readonly delayNew: (roundTripMs: number) => void;
  /**
   * What is sent is lost, and no side hears that the other one has closed: a firewall that has
   * forgotten the connections. Ends with `mend`, for new connections: what was open stays dead.
   */
  readonly drop: () => void;
  /** Closes every connection, and each new one at once. */
  readonly cut: () => void;
  readonly mend: () => void;
  /** New connections go somewhere else from now on. */
  readonly lead: (target: Target) => void;
  readonly close: () => Promise<void>;
}

interface Target {
  readonly host?: string;
  readonly port: number;
}

/** @param listen where to listen; a free port of this machine by default */
export async function startProxy(first: Target, listen: Partial<Target> = {}): Promise<TcpProxy> {
  const { host = '127.0.0.1', port = 0 } = listen;
  let target = first;
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const dead = new WeakSet<Socket>();
  const held: (() => void)[] = [];
  let accepted = 0;
  const roundTrips: number[] = [];
  let isStalled = false;
  let isCut = false;
  let isDropping = false;
  let delayMs = 0;
  let newDelayMs = 0;
  let trap: { readonly text: string; readonly action: () => void } | undefined;
  let rewritten: { readonly from: string; readonly to: string } | undefined;
  let onClose: () => void = () => undefined;

  const track = (socket: Socket) => {
    sockets.add(socket);
    if (isDropping) dead.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A close follows every error, and is what is passed on.
    socket.on('error', () => undefined);
  };
  const forward = (from: Socket, to: Socket, ownDelayMs: number) => {
    from.on('data', (chunk) => {
      if (dead.has(from)) return;
      const send = () => {
        if (!to.destroyed) to.write(chunk);
      };
      if (isStalled) held.push(send);
      else if (delayMs + ownDelayMs > 0) setTimeout(send, delayMs + ownDelayMs);
      else send();
    });
    from.on('close', () => {
      if (!dead.has(from)) to.destroy();
    });
  };

  const server = createServer((client) => {
    const number = (accepted += 1);
    roundTrips[number] = 0;
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
    client.on('close', () => {
      clients.delete(client);
      onClose();
    });
    const upstream = connect(target.port, target.host ?? '127.0.0.1');
    track(upstream);
    let asked = false;
    client.on('data', () => (asked = true));
    upstream.on('data', (chunk: Buffer) => {
      const at = rewritten ? chunk.indexOf(rewritten.from) : -1;
      if (rewritten && at >= 0) chunk.write(rewritten.to, at);
      if (asked) roundTrips[number] = (roundTrips[number] ?? 0) + 1;
      asked = false;
    });
    forward(client, upstream, newDelayMs);
    forward(upstream, client, newDelayMs);
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
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
    roundTrips: (connection) =>
      connection === undefined
        ? roundTrips.reduce((sum, each) => sum + each, 0)
        : (roundTrips[connection] ?? 0),
    stall: () => {
      isStalled = true;
    },
    when: (text, action) => {
      trap = { text, action };
    },
    rewrite: (from, to) => {
      rewritten = { from, to };
    },
    onClose: (action) => {
      onClose = action;
    },
    resume: () => {
      isStalled = false;
      for (const send of held.splice(0)) send();
    },
    delay: (roundTripMs) => {
      delayMs = roundTripMs / 2;
    },
    delayNew: (roundTripMs) => {
      newDelayMs = roundTripMs / 2;
    },
    drop: () => {
      isDropping = true;
      for (const socket of sockets) dead.add(socket);
    },
    cut,
    mend: () => {
      isCut = false;
      isDropping = false;
    },
    lead: (other) => {
      target = other;
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
