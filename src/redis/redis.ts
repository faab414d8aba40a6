import { once } from 'node:events';
import type { Redis as Client } from 'ioredis';
import type { Secret } from '../config/secret.js';

const CONNECT_TIMEOUT_MS = 1000;
const LONGEST_PAUSE_MS = 300;
/** A server that does not close its side within that is hung up on. */
const DISCONNECT_TIMEOUT_MS = 500;

export type Script = (...given: readonly (string | number)[]) => Promise<unknown>;

/** One connection to Redis that keeps trying in the background and never queues a command. */
export class Redis {
  private constructor(private readonly client: Client) {}

  /**
   * Returns at once, connected or not: Redis may come later.
   * @param authorities to trust under `rediss://` (PEM), in place of Node's own
   * @param onUnreachable called when the first attempt to connect fails
   */
  static async open(
    url: Secret,
    authorities: string | undefined,
    onUnreachable: () => void,
  ): Promise<Redis> {
    const { Redis: Client } = await import('ioredis');
    const client = new Client(url.reveal(), {
      // Alone it would encrypt a line that was asked for as redis://.
      ...(authorities && url.reveal().startsWith('rediss:') && { tls: { ca: authorities } }),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      retryStrategy: (attempt) =>
        Math.min(LONGEST_PAUSE_MS, 50 * attempt) * (0.5 + Math.random() / 2),
    });
    // Connection errors are told by `ping`; without a listener ioredis prints them itself.
    client.on('error', () => undefined);
    boundLogin(client);
    void client.connect().catch(onUnreachable);
    return new Redis(client);
  }

  /** Rejects when Redis does not answer; hangs as long as Redis does. */
  async ping(): Promise<void> {
    await this.client.ping();
  }

  /**
   * A Lua script as a function of its keys and arguments, which hangs as long as Redis does.
   * @param keys how many of the arguments are keys; they come first
   */
  script(name: string, keys: number, lua: string): Script {
    this.client.defineCommand(name, { numberOfKeys: keys, lua });
    const call = Reflect.get(this.client, name) as Script;
    return (...given) => call.apply(this.client, [...given]);
  }

  /** @param onChange told whenever a connection can be used, and when one has ended */
  watch(onChange: (isReady: boolean) => void): void {
    this.client.on('ready', () => {
      onChange(true);
    });
    this.client.on('close', () => {
      onChange(false);
    });
  }

  /** Drops a connection that hangs, and connects anew. */
  reconnect(): void {
    this.client.disconnect(true);
  }

  /** Resolves when the connection is closed. */
  async close(): Promise<void> {
    const isOpen = ['connect', 'ready'].includes(this.client.status);
    const ended = isOpen ? once(this.client, 'end') : undefined;
    this.client.disconnect();
    await ended;
  }
}

/** ioredis bounds the connection only: a server that is then silent would be waited for without end. */
function boundLogin(client: Client): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
  };
  client.on('connect', () => {
    timer = setTimeout(() => {
      client.disconnect(true);
    }, CONNECT_TIMEOUT_MS).unref();
  });
  client.on('ready', stop);
  client.on('close', stop);
}
