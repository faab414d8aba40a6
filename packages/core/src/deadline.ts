/** Nothing was heard in time. */
export class DeadlineExceeded extends Error {}

/**
 * The answer, if it comes in time.
 * @throws DeadlineExceeded when it does not; what becomes of it later is nobody's concern
 */
export async function withDeadline<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // A loop that was held up runs its timers first: an answer that has arrived is not late.
    timer = setTimeout(() => {
      setImmediate(() => {
        reject(new DeadlineExceeded());
      });
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
