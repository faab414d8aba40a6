import { withDeadline } from '@holdfast/core/deadline';
import type { Log } from '@holdfast/core/log';
import { reasonFor } from '@holdfast/core/reasons';
import { redisFailure } from '../redis/failure.js';
import type { Redis, Script } from '../redis/redis.js';

/** For one question: a log-in takes about as long anyway. */
const ANSWER_MS = 250;

const READ = `return redis.call('GET', KEYS[1]) or ''`;

/** Writes only what was made of what is there. @returns what was there */
const REPLACE = `
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return found`;

const REMOVE = `
local found = redis.call('GET', KEYS[1]) or ''
if found == ARGV[1] then redis.call('DEL', KEYS[1]) end
return found`;

/** Redis has not answered: that has been told in the log. */
export class SharedTextsAway extends Error {
  override readonly name = 'SharedTextsAway';
}

/** Texts that all instances share in Redis; tells when it cannot be asked, and when it can again. */
export class SharedTexts {
  readonly #read: Script;
  readonly #replace: Script;
  readonly #remove: Script;
  readonly #onLost: (() => void)[] = [];
  readonly #onBack: (() => void)[] = [];
  #isAlone = false;
  #isEnded = false;

  constructor(
    redis: Redis,
    private readonly log: Log,
  ) {
    this.#read = redis.script('holdfastLoginRead', 1, READ);
    this.#replace = redis.script('holdfastLoginReplace', 1, REPLACE);
    this.#remove = redis.script('holdfastLoginRemove', 1, REMOVE);
    redis.watch((isReady) => {
      if (!isReady) this.#lose(undefined);
      // What is told then finds out whether Redis answers.
      else if (this.#isAlone) for (const tell of this.#onBack) tell();
    });
  }

  /** @param onLost what is there may be gone from now on @param onBack Redis answers again */
  watch(onLost: () => void, onBack: () => void): void {
    this.#onLost.push(onLost);
    this.#onBack.push(onBack);
  }

  /** What becomes of the connection from now on is no fault. */
  close(): void {
    this.#isEnded = true;
  }

  /** @returns an empty text for none @throws SharedTextsAway */
  async read(key: string): Promise<string> {
    return this.#ask(this.#read(key));
  }

  /**
   * @param next undefined for none
   * @returns what was there: as expected, and has been replaced, or something else, and stays
   * @throws SharedTextsAway
   */
  async replace(
    key: string,
    expected: string,
    next: string | undefined,
    expiryMs: number,
  ): Promise<string> {
    if (next === undefined) return this.#ask(this.#remove(key, expected));
    return this.#ask(this.#replace(key, expected, next, Math.max(1, Math.ceil(expiryMs))));
  }

  async #ask(question: Promise<unknown>): Promise<string> {
    let answer: unknown;
    try {
      answer = await withDeadline(ANSWER_MS, question);
    } catch (error) {
      this.#lose(error);
      throw new SharedTextsAway('Redis is away', { cause: error });
    }
    if (this.#isAlone) {
      this.#isAlone = false;
      this.log.info({ event: 'auth.login.shared' }, 'log-ins are counted in Redis');
      for (const tell of this.#onBack) tell();
    }
    return String(answer);
  }

  #lose(error: unknown): void {
    for (const tell of this.#onLost) tell();
    if (this.#isAlone || this.#isEnded) return;
    this.#isAlone = true;
    const { code } = redisFailure(error);
    const meaning = reasonFor(code).meaning;
    this.log.warn(
      { event: 'auth.login.alone', code },
      `each instance counts failed log-ins by itself, and knows its own sessions alone: ${meaning}`,
    );
  }
}
