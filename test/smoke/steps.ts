/** Prints one line a step, with its figures; a step that fails is told and ends the run with 1. */
export async function step<T>(
  name: string,
  work: () => Promise<T>,
  figures: (result: T) => string = () => '',
): Promise<T> {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(2)} s`;
  try {
    const result = await work();
    console.log(
      ['ok    ', name.padEnd(52), took().padStart(8), figures(result)].join(' ').trimEnd(),
    );
    return result;
  } catch (error) {
    console.log(`FAILED ${name.padEnd(52)} ${took().padStart(8)}`);
    throw error;
  }
}

/** @throws Error with `what` and the text to look at */
export function expect(holds: boolean, what: string, seen: unknown = ''): asserts holds {
  if (holds) return;
  throw new Error(`${what}\n${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
}

/** Does `work`, then what was left for the end, last first, and sets the exit code. */
export async function smoke(work: (atEnd: (undo: () => unknown) => void) => Promise<void>) {
  const undoings: (() => unknown)[] = [];
  const begun = performance.now();
  try {
    await work((undo) => undoings.push(undo));
    console.log(`passed in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  for (const undo of undoings.reverse()) await undo();
}
