import { isRolledBack } from './faults.js';

const MOST_ITEMS = 100;
const MOST_UNDER_WAY = 2;
/** A group that takes longer may hang, on a dead line or a lock: others are written next to it. */
const LATE_MS = 1000;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what arrives while writes are under way together, in one transaction: the database commits
 * less often, and the network is crossed less often. The idea is that of group commit.
 *
 * Each item gets its own answer, and only after its transaction has been committed. An item that
 * the database refuses fails alone: the others of its group are written again, one by one.
 */
export class GroupedWrites<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #underWay = 0;

  /**
   * @param write writes the items in one transaction: all of them, or none when it rejects; answers
   * in their order
   */
  constructor(private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // Later in this turn of the event loop, more may come.
      if (this.#waiting.length === 1) setImmediate(this.#start);
    });
  }

  readonly #start = (): void => {
    while (this.#waiting.length > 0 && this.#underWay < MOST_UNDER_WAY) {
      const leave = this.#enter();
      void this.#carryOut(this.#waiting.splice(0, MOST_ITEMS)).finally(leave);
    }
  };

  /** @returns what makes room for another group; so does time */
  #enter(): () => void {
    let isCounted = true;
    this.#underWay += 1;
    const leave = () => {
      clearTimeout(timer);
      if (!isCounted) return;
      isCounted = false;
      this.#underWay -= 1;
      this.#start();
    };
    const timer = setTimeout(leave, LATE_MS).unref();
    return leave;
  }

  async #carryOut(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.write(group.map(({ item }) => item));
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (group.length > 1 && isRolledBack(error)) {
        for (const each of group) await this.#carryOut([each]);
      } else {
        for (const { reject } of group) reject(error);
      }
    }
  }
}
