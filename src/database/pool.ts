import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Settings } from '../config/settings.js';
import { ReasonError } from '../reasons.js';
import { AcquireLatency, type PoolStatistics } from './pool-statistics.js';

type Acquired = (error: Error | undefined, client?: PoolClient, release?: Release) => void;
type Release = (error?: Error | boolean) => void;

const OVERFLOW_IDLE_MS = 10_000;
/** A connection idle for less is taken to be alive: a ping costs a round trip. */
const PRE_PING_AFTER_MS = 1000;
const POOL_TIMEOUT = 'timeout exceeded when trying to connect';

/**
 * `pg`'s pool with QueuePool's meaning: `size` connections are kept, `maxOverflow` more are opened
 * under load and closed when idle, a waiter is refused after `timeoutSeconds`.
 */
export class Pool extends pg.Pool {
  readonly #settings: Settings['pool'];
  readonly #connectTimeoutMs: number;
  readonly #latency = new AcquireLatency();
  readonly #idleSince = new WeakMap<object, number>();
  readonly #watched = new WeakMap<object, NodeJS.Timeout>();
  #checkedOut = 0;
  #timeouts = 0;
  #leaks = 0;

  /** Fails a checkout with POOL_TIMEOUT, or with `pg`'s own error when connecting fails. */
  constructor(
    options: PoolConfig,
    settings: Settings['pool'],
    private readonly onLeak: () => void = () => undefined,
  ) {
    const { connectionTimeoutMillis: connectTimeoutMs = 5000 } = options;
    class BoundedClient extends pg.Client {
      constructor(config: PoolConfig) {
        // pg-pool hides the password from enumeration, so a spread alone would lose it.
        super({ ...config, password: config.password, connectionTimeoutMillis: connectTimeoutMs });
      }
    }
    super({
      ...options,
      Client: BoundedClient as never,
      min: settings.size,
      max: settings.size + settings.maxOverflow,
      idleTimeoutMillis: OVERFLOW_IDLE_MS,
      maxLifetimeSeconds: settings.recycleSeconds,
      connectionTimeoutMillis: settings.timeoutSeconds * 1000,
    });
    this.#settings = settings;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.on('acquire', (client) => {
      this.#checkedOut += 1;
      this.watch(client);
    });
    this.on('release', (_, client) => {
      this.#checkedOut -= 1;
      clearTimeout(this.#watched.get(client));
      this.#idleSince.set(client, performance.now());
    });
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Acquired): void;
  override connect(callback?: Acquired): Promise<PoolClient> | undefined {
    const acquired = this.checkOut();
    if (!callback) return acquired;
    acquired.then(
      (client) => {
        callback(undefined, client, client.release.bind(client));
      },
      (error: unknown) => {
        callback(error as Error, undefined, () => undefined);
      },
    );
    return undefined;
  }

  statistics(): PoolStatistics {
    return {
      size: this.#settings.size,
      max_overflow: this.#settings.maxOverflow,
      checked_out: this.#checkedOut,
      idle: this.idleCount,
      overflow: Math.max(0, this.totalCount - this.#settings.size),
      waiting: this.waitingCount,
      acquired_total: this.#latency.count,
      timeouts_total: this.#timeouts,
      leaks_total: this.#leaks,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  private async checkOut(): Promise<PoolClient> {
    const started = performance.now();
    for (;;) {
      const client = await this.borrow();
      if (!(await this.isAlive(client))) {
        client.release(true);
        continue;
      }
      this.#latency.record(performance.now() - started);
      return client;
    }
  }

  private async borrow(): Promise<PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      if (!(error instanceof Error) || error.message !== POOL_TIMEOUT) throw error;
      this.#timeouts += 1;
      throw new ReasonError('POOL_TIMEOUT', { retryAfterSeconds: 1, cause: error });
    }
  }

  private async isAlive(client: PoolClient): Promise<boolean> {
    const idleSince = this.#idleSince.get(client);
    if (!this.#settings.prePing || idleSince === undefined) return true;
    if (performance.now() - idleSince < PRE_PING_AFTER_MS) return true;
    return this.ping(client);
  }

  /** In bounded time: a server that is gone without a word would never answer. */
  private ping(client: PoolClient): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (alive: boolean) => {
        clearTimeout(timer);
        client.off('error', onError);
        resolve(alive);
      };
      const onError = () => {
        settle(false);
      };
      const timer = setTimeout(onError, this.#connectTimeoutMs);
      client.on('error', onError);
      client.query('SELECT 1').then(() => {
        settle(true);
      }, onError);
    });
  }

  private watch(client: PoolClient): void {
    const { leakDetectionMs } = this.#settings;
    if (leakDetectionMs === 0) return;
    const timer = setTimeout(() => {
      this.#leaks += 1;
      this.onLeak();
    }, leakDetectionMs);
    this.#watched.set(client, timer.unref());
  }
}
