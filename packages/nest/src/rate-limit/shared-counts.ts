import { randomUUID } from 'node:crypto';
import type { Redis, Script } from '../redis/redis.js';
import { DeadlineExceeded, withDeadline } from '@holdfast/core/deadline';

/** For one count: a request waits no longer, whatever Redis does. */
const COUNT_MS = 25;
/** For one poll of Redis, which no request waits for. */
const POLL_TIMEOUT_MS = 200;
const EVERY_MS = 250;
/** Without an answer for so long, the connection itself may be broken. */
const STALLED_MS = 1000;
/** An instance that has not been seen for so long is gone. */
const GONE_MS = 5000;
/** Most clients beyond their share that every instance learns of. */
const HEAVY_CLIENTS = 1000;
const PREFIX = 'holdfast:rate';
const INSTANCES = `${PREFIX}:instances`;

/** Counts one request; a client that has had more than a share of the limit is listed for all instances. */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if count > tonumber(ARGV[1]) then
  redis.call('ZADD', KEYS[2], count, ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return count`;

/** Signs this instance in. @returns how many there are, and who has had more than a share */
const LOOK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {redis.call('ZCARD', KEYS[1]), redis.call('ZREVRANGE', KEYS[2], 0, ARGV[3] - 1, 'WITHSCORES')}`;

const LEAVE = `return redis.call('ZREM', KEYS[1], ARGV[1])`;

/** A window of the clock, in milliseconds since 1970. */
export interface WindowBounds {
  readonly start: number;
  readonly end: number;
}

/**
 * `stalled`: a count was not answered in time. What is sent will be counted as soon as Redis answers again,
 * so that no request waits for it. `lost`: what was counted is not known, or gone.
 */
type ConnectionState = 'starting' | 'up' | 'stalled' | 'lost';

/**
 * The counts that all instances share. A poll every 250 ms shows whether Redis is there, so that no
 * request has to find out more than once that it is not.
 */
export class SharedCounts {
  readonly #count: Script;
  readonly #poll: Script;
  readonly #leave: Script;
  readonly #instanceId = randomUUID();
  readonly #ended = new AbortController();
  readonly #firstSeen: Promise<unknown>;
  #onSeen: (value?: unknown) => void = () => undefined;
  #endPause: () => void = () => undefined;
  #state: ConnectionState = 'starting';
  #answeredAt = performance.now();
  #heavy: { readonly start: number; readonly totals: ReadonlyMap<string, number> } | undefined;
  /** Instances that were there when Redis was last seen. */
  instances = 1;
  /** How often it has stalled. */
  stalls = 0;
  /** When Redis was there last, and when it was lost last, by this process's clock. */
  upAt = Date.now();
  lostAt = -Infinity;

  /** @param onChange called when Redis is there, and when it is lost, with why where that is known */
  constructor(
    private readonly redis: Redis,
    private readonly onChange: (isUp: boolean, error?: unknown) => void,
  ) {
    this.#firstSeen = new Promise((resolve) => (this.#onSeen = resolve));
    this.#count = redis.script('holdfastCount', 2, COUNT);
    this.#leave = redis.script('holdfastLeave', 1, LEAVE);
    this.#poll = redis.script('holdfastLook', 2, LOOK);
  }

  /** @param window the one that it is now */
  start(window: () => WindowBounds): void {
    this.redis.watch((isReady) => {
      if (isReady) this.#endPause();
      else this.#lose();
    });
    void this.#watch(window);
  }

  close(): void {
    this.#ended.abort();
    this.#endPause();
    // The shares of the others grow immediately; otherwise they do when this one counts as gone.
    this.#leave(INSTANCES, this.#instanceId).catch(() => undefined);
  }

  /** Whether no answer is to be waited for. */
  get isStalled(): boolean {
    return this.#state === 'stalled';
  }

  /** Whether it makes sense to count. A process that has just been started gives Redis a moment. */
  async isOpen(): Promise<boolean> {
    if (this.#state === 'starting') {
      await withDeadline(COUNT_MS, this.#firstSeen).catch(() => undefined);
    }
    return this.#state === 'up' || this.#state === 'stalled';
  }

  /**
   * Counts one request of a client.
   * @param share beyond which a client is listed for all instances
   * @param onCounted called with how many there were in the window with this one, also when that is late
   * @returns when it has been called, or is not waited for any longer: after 25 ms at most
   */
  async count(
    { start, end }: WindowBounds,
    client: string,
    share: number,
    onCounted: (total: number) => void,
  ): Promise<void> {
    const keys = [`${PREFIX}:${start}:${client}`, heavyKey(start)];
    // Clocks differ: what has ended here may be going on elsewhere.
    const expiryMs = end - Date.now() + (end - start);
    const counted = this.#count(...keys, share, expiryMs, client).then(
      (total) => {
        this.#markAnswered();
        onCounted(Number(total));
      },
      (error: unknown) => {
        this.#lose(error);
      },
    );
    if (this.#state !== 'up') return;
    await withDeadline(COUNT_MS, counted).catch(() => {
      this.#stall();
    });
  }

  /** How many requests of a client are known to have been counted; 0 unless there were many. */
  heavy({ start }: WindowBounds, client: string): number {
    return this.#heavy?.start === start ? (this.#heavy.totals.get(client) ?? 0) : 0;
  }

  async #watch(window: () => WindowBounds): Promise<void> {
    while (!this.#ended.signal.aborted) {
      try {
        await this.#pollOnce(window());
      } catch (error) {
        if (error instanceof DeadlineExceeded) this.#stall();
        else this.#lose(error);
        const now = performance.now();
        if (error instanceof DeadlineExceeded && now - this.#answeredAt >= STALLED_MS) {
          this.#answeredAt = now;
          this.redis.reconnect();
        }
      }
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, EVERY_MS).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #pollOnce({ start }: WindowBounds): Promise<void> {
    const keys = [INSTANCES, heavyKey(start)];
    const seen = this.#poll(...keys, this.#instanceId, GONE_MS, HEAVY_CLIENTS);
    const [instances, heavy] = (await withDeadline(POLL_TIMEOUT_MS, seen)) as [number, string[]];
    this.instances = instances;
    this.#heavy = { start, totals: pairs(heavy) };
    this.#markAnswered();
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#onSeen();
    this.onChange(true);
  }

  #markAnswered(): void {
    this.#answeredAt = performance.now();
    this.upAt = Date.now();
    if (this.#state === 'stalled') this.#state = 'up';
  }

  #stall(): void {
    if (this.#state !== 'up') return;
    this.#state = 'stalled';
    this.stalls += 1;
  }

  #lose(error?: unknown): void {
    if (this.#ended.signal.aborted || this.#state === 'starting' || this.#state === 'lost') return;
    this.#state = 'lost';
    this.lostAt = Date.now();
    this.onChange(false, error);
  }
}

function heavyKey(start: number): string {
  return `${PREFIX}:${start}:heavy`;
}

function pairs(flat: readonly string[]): ReadonlyMap<string, number> {
  const names = flat.filter((_, index) => index % 2 === 0);
  return new Map(names.map((name, index) => [name, Number(flat[2 * index + 1])]));
}
