import { ReasonError } from '../reasons.js';
import { currentRequest, ServedRequest, whileQueued } from '@holdfast/core/served-request';
import { beginSharedSpan, endWith, runShared, type SharedSpan } from '@holdfast/core/shared-span';
import type { SpanDescription } from '@holdfast/core/tracing';
import { isItemError } from '../faults/faults.js';
import { isNotStoredError } from './assert-stored.js';

const MAX_ITEMS = 100;
/**
 * The text of a group is made, sent and read as a whole: by this size it has cost less than 50 ms of
 * the event loop, and what is saved by a larger group is nothing next to what its bytes cost.
 */
const MAX_BYTES = 1024 * 1024;
const MAX_IN_FLIGHT = 2;
/** A group that takes longer may hang, on a dead line or a lock: others are carried out next to it. */
const SLOW_MS = 1000;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  /** Whom it is done for. */
  readonly request: ServedRequest | undefined;
  /** From when it came until it is told; undefined where nobody traces it. */
  readonly traced: SharedSpan | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  /** Its group waits for a connection. */
  isInGroup: boolean;
  /** It has been taken out: nothing waits for it any more. */
  isGone: boolean;
  /** Ends the waiting. */
  leave: () => void;
}

/** How the items of a group are carried out. */
export interface GroupCall<Item, Result> {
  /**
   * Writes items in one transaction, all of them, or none when it rejects; or reads them at once.
   * @param take gives the items, the same ones whenever it is called; to be called when there is a
   * connection, since until then a caller that gives up is taken out: there may be none left
   * @returns their results, in their order
   */
  readonly run: (take: () => readonly Item[]) => Promise<readonly Result[]>;
  /** About how many bytes an item takes on its way, or its result on the way back. */
  readonly bytesOf: (item: Item) => number;
}

/**
 * Carries out together what arrives while calls are under way: the database commits less often, and the
 * network is crossed less often. The idea is that of group commit, and of DataLoader for what is read.
 *
 * Each item gets its own answer, of a transaction that began after it came and has been committed. An item that
 * the database refuses for what is in it fails alone: it is looked for by halves. What fails for
 * another reason (a lock, the time, the server) would fail again: the whole group is told at once.
 */
export class GroupedCalls<Item, Result> {
  readonly #run: GroupCall<Item, Result>['run'];
  readonly #bytesOf: GroupCall<Item, Result>['bytesOf'];
  /** First come first served. */
  #waiting: Waiting<Item, Result>[] = [];
  #isStarting = false;
  #inFlight = 0;

  constructor({ run, bytesOf }: GroupCall<Item, Result>) {
    this.#run = run;
    this.#bytesOf = bytesOf;
  }

  /** @throws QUEUE_TIMEOUT, POOL_TIMEOUT, REQUEST_ABANDONED when the item has not been carried out */
  add(item: Item): Promise<Result> {
    const traced = beginSharedSpan(describeBatch);
    const added = this.#add(item, traced);
    return traced ? endWith(traced, added) : added;
  }

  #add(item: Item, traced: SharedSpan | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Item, Result> = {
        item,
        bytes: this.#bytesOf(item),
        request: currentRequest.getStore(),
        traced,
        resolve,
        reject,
        isInGroup: false,
        isGone: false,
        leave: whileQueued('QUEUE_TIMEOUT', (why) => {
          this.#abandon(waiting, why);
        }),
      };
      this.#waiting.push(waiting);
      if (this.#isStarting) return;
      this.#isStarting = true;
      // Later in this turn of the event loop, more may come. It is done for all of them.
      currentRequest.run(undefined, setImmediate, this.#start);
    });
  }

  #abandon(waiting: Waiting<Item, Result>, why: ReasonError): void {
    waiting.isGone = true;
    const isLateForPool = waiting.isInGroup && why.code === 'QUEUE_TIMEOUT';
    waiting.reject(isLateForPool ? new ReasonError('POOL_TIMEOUT', { retryAfterSeconds: 1 }) : why);
    if (!waiting.isInGroup) this.#waiting = this.#waiting.filter(({ isGone }) => !isGone);
  }

  readonly #start = (): void => {
    this.#isStarting = false;
    while (this.#waiting.length > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      const leave = this.#trackGroup();
      void this.#runGroup(this.#nextGroup()).finally(leave);
    }
  };

  #nextGroup(): readonly Waiting<Item, Result>[] {
    let bytes = 0;
    const fitting = this.#waiting.findIndex((waiting) => (bytes += waiting.bytes) > MAX_BYTES);
    const count = fitting < 0 ? MAX_ITEMS : Math.max(1, Math.min(fitting, MAX_ITEMS));
    const group = this.#waiting.splice(0, count);
    for (const waiting of group) waiting.isInGroup = true;
    return group;
  }

  /** @returns what makes room for another group; so does time, as a plain timer tells it: it fails nothing */
  #trackGroup(): () => void {
    let isCounted = true;
    this.#inFlight += 1;
    const leave = () => {
      clearTimeout(timer);
      if (!isCounted) return;
      isCounted = false;
      this.#inFlight -= 1;
      this.#start();
    };
    const timer = setTimeout(leave, SLOW_MS).unref();
    return leave;
  }

  async #runGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    const take = once(() => {
      const taken = group.filter(({ isGone }) => !isGone);
      for (const { leave } of taken) leave();
      return taken;
    });
    const together = ServedRequest.together(group.map(({ request }) => request));
    try {
      const items = once(() => take().map(({ item }) => item));
      const results = await runShared(
        group.map(({ traced }) => traced),
        () => currentRequest.run(together, this.#run, items),
      );
      for (const [index, { resolve }] of take().entries()) resolve(results[index] as Result);
    } catch (error) {
      const refused = take();
      if (refused.length > 1 && isItemError(error) && !isNotStoredError(error)) {
        const middle = Math.ceil(refused.length / 2);
        await this.#runGroup(refused.slice(0, middle));
        await this.#runGroup(refused.slice(middle));
      } else {
        for (const { reject } of refused) reject(error);
      }
    }
  }
}

function describeBatch(): SpanDescription {
  return { name: 'database.batch', attributes: {} };
}

/** Does it when it is asked for the first time. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
