/** What stands in for all that measures and traces, in a build that does neither: `bench:observability`. */

export class DurationHistogram {
  record() {}

  read() {
    return { buckets: [], count: 0, sum: 0 };
  }
}

export class RequestMetrics {
  completed() {}

  refused() {}

  metrics() {
    return [];
  }
}

export class RequestTrace {
  static begin() {
    return undefined;
  }

  static of() {
    return undefined;
  }
}

export const beginSpan = () => undefined;
export const beginSharedSpan = () => undefined;
export const registeredTracer = () => undefined;
export const unheardApiVersion = () => undefined;
export const outgoingTraceHeaders = () => ({});
export const flushSpans = () => Promise.resolve(true);
/** @template T @param {unknown} _ @param {() => T} work */
export const runShared = (_, work) => work();
/** @template T @param {unknown} _ @param {() => T} work */
export const spanned = (_, work) => work();

function neverBegun() {
  throw new TypeError('no span has begun');
}
export {
  neverBegun as endSpan,
  neverBegun as endWith,
  neverBegun as guarded,
  neverBegun as within,
};
