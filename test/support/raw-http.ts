import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP/1.1 connection, byte by byte: what `fetch` hides about sockets. */
export class RawHttp {
  #received = '';
  #ending: 'open' | 'ended' | 'reset' = 'open';

  private constructor(
    readonly socket: Socket,
    private readonly host: string,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (this.#received += chunk));
    socket.on('end', () => {
      if (this.#ending === 'open') this.#ending = 'ended';
    });
    socket.on('error', () => (this.#ending = 'reset'));
  }

  static async to(url: string): Promise<RawHttp> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawHttp(socket, host);
  }

  /** Everything that has been answered so far. */
  get received(): string {
    return this.#received;
  }

  /** How the server's side has ended, if it has. */
  get ending(): 'open' | 'ended' | 'reset' {
    return this.#ending;
  }

  get(path: string): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`);
  }

  /** Sends all of a request but the last byte of its body, and returns what sends that. */
  beginPost(path: string, body: string, headers: Readonly<Record<string, string>>): () => void {
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const head = [`POST ${path} HTTP/1.1`, `Host: ${this.host}`, ...given];
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    const type = 'Content-Type: application/json';
    this.socket.write(`${[...head, type, length].join('\r\n')}\r\n\r\n${body.slice(0, -1)}`);
    return () => this.socket.write(body.slice(-1));
  }

  /** The head of the last answer, in lower case. */
  get lastHead(): string {
    const heads = this.#received.split(/(?=HTTP\/1\.1 \d{3} )/).filter((part) => part !== '');
    return (heads.at(-1)?.split('\r\n\r\n', 1)[0] ?? '').toLowerCase();
  }
}
