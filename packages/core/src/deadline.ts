/** There was no answer in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

export interface DeadlineOptions {
  /** Called once, when the time is up: what `withDeadline` rejects with. */
  readonly late?: () => Error;
  /** Whether the timer keeps the process alive, as in Node's timers; true by default. */
  readonly ref?: boolean;
}

/**
 * The answer, if it comes in time; what becomes of a late one is ignored.
 * @param milliseconds time for the answer
 * @throws DeadlineExceeded or the error of `late` when it does not; what the answer rejects with
 */
export async function withDeadline<T>(
  milliseconds: number,
  answer: Promise<T>,
  { late = () => new DeadlineExceeded(), ref = true }: DeadlineOptions = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const timeout = new Promise<never>((_, reject) => {
    // A blocked event loop runs its timers before it reads what has arrived: that answer is not late.
    timer = setTimeout(() => {
      setImmediate(() => {
        if (!isOver) reject(late());
      });
    }, milliseconds);
    if (!ref) timer.unref();
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/**
 * Waits for work that goes on when the time is up. The timer does not keep the process alive.
 * @param milliseconds time for the work
 * @returns whether it has ended by then
 * @throws what the work rejects with, in time
 */
export async function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const late = new DeadlineExceeded();
  try {
    await withDeadline(milliseconds, work, { late: () => late, ref: false });
    return true;
  } catch (error) {
    if (error !== late) throw error;
    return false;
  }
}
