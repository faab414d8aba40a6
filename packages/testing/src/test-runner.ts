/** What a suite is written with: Jest's globals, Vitest's, or those of `node:test`. */
export interface TestRunner {
  readonly describe: Describe;
  readonly beforeAll: Hook;
  readonly beforeEach: Hook;
  readonly afterAll: Hook;
}

interface Describe {
  (name: string, cases: () => void): unknown;
  skip(name: string, cases: () => void): unknown;
}

type Hook = (work: () => Promise<void>, timeoutMs?: number) => unknown;

/** As `import * as test from 'node:test'` gives them. */
export interface NodeTest {
  readonly describe: Describe;
  readonly before: NodeHook;
  readonly beforeEach: NodeHook;
  readonly after: NodeHook;
}

type NodeHook = (work: () => Promise<void>, options?: { readonly timeout?: number }) => unknown;

/**
 * @param given the functions of the runner; those of the global scope by default
 * @throws TypeError where the global scope has none
 */
export function runnerOf(given: TestRunner | NodeTest | undefined): TestRunner {
  const found = given ?? (globalThis as unknown as Partial<TestRunner>);
  if (isNodeTest(found)) return fromNodeTest(found);
  const { describe, beforeAll, beforeEach, afterAll } = found;
  if (!describe || !beforeAll || !beforeEach || !afterAll) {
    throw new TypeError(
      'this runner has no globals: pass describe, beforeAll, beforeEach, afterAll',
    );
  }
  return { describe, beforeAll, beforeEach, afterAll };
}

function isNodeTest(found: Partial<TestRunner> | NodeTest): found is NodeTest {
  return 'before' in found && 'after' in found;
}

function fromNodeTest({ describe, before, beforeEach, after }: NodeTest): TestRunner {
  const hook = (of: NodeHook): Hook => {
    return (work, timeout) => of(work, timeout === undefined ? {} : { timeout });
  };
  return {
    describe,
    beforeAll: hook(before),
    beforeEach: hook(beforeEach),
    afterAll: hook(after),
  };
}
