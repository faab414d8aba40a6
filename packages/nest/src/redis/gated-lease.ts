import { randomUUID } from 'node:crypto';
import type { Lease } from '@holdfast/core/lease';
import type { Redis, Script } from './redis.js';
import { withDeadline } from '@holdfast/core/deadline';

/** Longer than any batch of a job takes. */
const HELD_MS = 120_000;
/** A job can wait, but a Redis that does not answer must not stop it. */
const ANSWER_MS = 250;

const ENTER = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const LEAVE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** Lets one process at a time to a job, for as long as Redis is there and remembers. */
export class JobGate {
  readonly #key: string;
  readonly #enter: Script;
  readonly #leave: Script;

  constructor(redis: Redis, job: string) {
    this.#key = `holdfast:job:${job}`;
    this.#enter = redis.script('holdfastEnter', 1, ENTER);
    this.#leave = redis.script('holdfastLeaveJob', 1, LEAVE);
  }

  /** @returns false when another process is in; true where Redis does not say so */
  async enter(holder: string): Promise<boolean> {
    const entered = withDeadline(ANSWER_MS, this.#enter(this.#key, holder, HELD_MS));
    return (await entered.catch(() => 1)) === 1;
  }

  async leave(holder: string): Promise<void> {
    await withDeadline(ANSWER_MS, this.#leave(this.#key, holder)).catch(() => undefined);
  }
}

/**
 * A lease that is requested only by the process that gets through the gate. The gate spares the database the
 * query; it is the lease that keeps two processes from working concurrently, with or without Redis.
 */
export class GatedLease implements Lease {
  readonly #me = randomUUID();
  #isHeld = false;

  constructor(
    private readonly gate: JobGate,
    private readonly lease: Lease,
  ) {}

  async hold(): Promise<boolean> {
    const entered = await this.gate.enter(this.#me);
    if (!this.#isHeld && !entered) return false;
    this.#isHeld = await this.lease.hold();
    if (!this.#isHeld) await this.gate.leave(this.#me);
    return this.#isHeld;
  }

  async release(): Promise<void> {
    await this.gate.leave(this.#me);
    await this.lease.release();
  }
}
