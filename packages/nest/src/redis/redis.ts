import { certificatesOf, type UsedCertificate } from '@holdfast/postgres/connection/certificates';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Redis as Client } from 'ioredis';
import { currentRedisUrl } from '@holdfast/guard/renewed-redis-url';
import type { Secret } from '@holdfast/core/secret';
import { isLoginFailure, isUnknownCommand, WrongServer } from './failure.js';
import { SpanKind } from '@opentelemetry/api';
import { type SpanDescription, spanned } from '@holdfast/core/tracing';
import { jittered } from '@holdfast/core/jitter';

const CONNECT_TIMEOUT_MS = 1000;
const LONGEST_PAUSE_MS = 300;
/** A server that does not close its side within that is hung up on. */
const DISCONNECT_TIMEOUT_MS = 500;

export type Script = (...given: readonly (string | number)[]) => Promise<unknown>;

/** One connection to Redis that keeps trying in the background and never queues a command. */
export class Redis {
  /** Logged in, and on the requested database. */
  #isUsable = false;
  #failures = 0;
  /** Why the current attempt, or the last one, failed. */
  #failure: unknown;
  #isEnded = false;
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #listeners: ((isReady: boolean) => void)[] = [];
  readonly #client: Client;

  private constructor(
    private readonly url: Secret,
    make: (retryStrategy: () => number) => Client,
  ) {
    this.#client = make(() => this.#pause());
    this.#client.on('ready', () => void this.#admit());
    this.#client.on('error', (error: unknown) => (this.#failure = error));
    this.#client.on('close', () => {
      this.#drop();
    });
    this.#client.on('end', () => {
      this.#isEnded = true;
      this.#drop();
    });
    this.#boundLogin();
    void this.#client.connect().catch((error: unknown) => (this.#failure ??= error));
  }

  /**
   * Returns immediately, connected or not: Redis may come later.
   * @param authorities to trust under `rediss://` (PEM), in place of Node's own
   */
  static async open(url: Secret, authorities: string | undefined): Promise<Redis> {
    const { Redis: Client } = await import('ioredis');
    const now = (await currentRedisUrl(url)).reveal();
    return new Redis(
      url,
      (retryStrategy) =>
        new Client(now, {
          // Alone it would encrypt a connection that was configured as redis://.
          ...(authorities && now.startsWith('rediss:') && { tls: { ca: authorities } }),
          lazyConnect: true,
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          connectTimeout: CONNECT_TIMEOUT_MS,
          disconnectTimeout: DISCONNECT_TIMEOUT_MS,
          // Its own check waits without a word for a server that loads, or that replicates.
          enableReadyCheck: false,
          disableClientInfo: true,
          retryStrategy,
        }),
    );
  }

  /** Resolves once there is a connection to use; rejects with why the current attempt fails. */
  connected(): Promise<void> {
    if (this.#isUsable) return Promise.resolve();
    if (this.#isEnded) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The server's, under `rediss://` and while there is a connection. */
  certificates(): readonly UsedCertificate[] {
    const { stream } = this.#client as { readonly stream?: object };
    return certificatesOf(stream ?? {}, undefined);
  }

  /** Rejects when Redis does not answer; hangs as long as Redis does. */
  async ping(): Promise<void> {
    await this.#client.ping();
  }

  /**
   * A Lua script as a function of its keys and arguments, which hangs as long as Redis does.
   * @param keys how many of the arguments are keys; they come first
   */
  script(name: string, keys: number, lua: string): Script {
    this.#client.defineCommand(name, { numberOfKeys: keys, lua });
    const call = Reflect.get(this.#client, name) as Script;
    const describe = () => scriptSpan(name);
    const traced: Script = (...given) =>
      spanned(describe, () => call.apply(this.#client, [...given]));
    return this.#guarded(traced);
  }

  /**
   * As `script`, but each time in both of the ways in which the driver calls one: by its text, as
   * it does first on a connection and when the server has forgotten it, and by its sum later.
   */
  scriptInBothWays(keys: number, lua: string): Script {
    const sum = createHash('sha1').update(lua).digest('hex');
    return this.#guarded((...given) =>
      Promise.all([
        this.#client.eval(lua, keys, ...given),
        this.#client.evalsha(sum, keys, ...given).catch(rethrowUnlessForgotten),
      ]),
    );
  }

  #guarded(call: Script): Script {
    return async (...given) => {
      if (!this.#isUsable) {
        throw this.#failure instanceof Error ? this.#failure : new Error('not connected');
      }
      try {
        return await call(...given);
      } catch (error) {
        throw await this.#explained(error);
      }
    };
  }

  /** @param onChange called whenever a connection can be used, and when one has ended */
  watch(onChange: (isReady: boolean) => void): void {
    this.#listeners.push(onChange);
  }

  /** Drops a connection that hangs, or that leads to the wrong place, and connects anew. */
  reconnect(): void {
    // The driver takes its time to close, and refuses commands meanwhile.
    this.#isUsable = false;
    this.#client.disconnect(true);
  }

  /** Resolves when the connection is closed. */
  async close(): Promise<void> {
    const isOpen = ['connect', 'ready'].includes(this.#client.status);
    const ended = isOpen ? once(this.#client, 'end') : undefined;
    this.#client.disconnect();
    await ended;
  }

  /**
   * The driver takes a connection for good before the server has answered the login, and continues in
   * database 0 where the requested one does not exist.
   */
  async #admit(): Promise<void> {
    const { db = 0 } = this.#client.options;
    try {
      // A server that loads, or that cannot save, refuses even PING: the capability check reports that.
      if (db === 0) await this.#client.ping().catch(rethrowLoginFailure);
      else await this.#client.select(db);
    } catch (error) {
      this.#failure = await this.#explained(error);
      this.#client.disconnect(true);
      return;
    }
    if (this.#client.status !== 'ready') return;
    this.#isUsable = true;
    this.#failures = 0;
    this.#failure = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
    for (const listener of this.#listeners) listener(true);
  }

  #drop(): void {
    this.#isUsable = false;
    const failure = this.#failure ?? new Error('closed');
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
    for (const listener of this.#listeners) listener(false);
  }

  /** An unknown command is a right that was taken away, or a server of another kind. */
  async #explained(error: unknown): Promise<unknown> {
    if (!isUnknownCommand(error)) return error;
    const about = await this.#client.info('server').catch(() => '');
    return about.includes('redis_mode:sentinel')
      ? new WrongServer('REDIS_SENTINEL_UNSUPPORTED')
      : error;
  }

  #pause(): number {
    this.#failures += 1;
    void this.#renewPassword();
    return jittered(Math.min(LONGEST_PAUSE_MS, 50 * this.#failures));
  }

  /** Within the pause, in general; else the next attempt but one has it. */
  async #renewPassword(): Promise<void> {
    const { password, searchParams } = new URL((await currentRedisUrl(this.url)).reveal());
    const given = password === '' ? searchParams.get('password') : decodeURIComponent(password);
    if (given !== null) this.#client.options.password = given;
  }

  /** ioredis bounds the connection only: a server that then sends nothing would be waited for without end. */
  #boundLogin(): void {
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      clearTimeout(timer);
    };
    this.#client.on('connect', () => {
      stop();
      timer = setTimeout(() => {
        // What has arrived while the event loop was held up is read first.
        setImmediate(() => {
          if (!this.#isUsable) this.#client.disconnect(true);
        });
      }, CONNECT_TIMEOUT_MS).unref();
    });
    this.#client.on('close', stop);
  }
}

/** Nothing of its keys and arguments: they name callers. */
function scriptSpan(name: string): SpanDescription {
  return {
    name: `EVALSHA ${name}`,
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'redis',
      'db.operation.name': 'EVALSHA',
      'db.stored_procedure.name': name,
    },
  };
}

/** Somebody has emptied the cache of scripts since the line before: the right to call it is there. */
function rethrowUnlessForgotten(error: unknown): void {
  if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
}

function rethrowLoginFailure(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ReplyError' || isLoginFailure(error))
    throw error;
}
