import type { Log } from '@holdfast/core/log';

/** Left by `launch/code-cache.js`; not there where the sources run. */
const REJECTED = Symbol.for('holdfast.code-cache.rejected');

/**
 * Says which bundles V8 had to compile anew because their code cache does not fit: it was made by another
 * version of Node, or V8 has other flags, such as `--max-old-space-size`. The start takes longer then.
 */
export function logRejectedCodeCache(log: Log): void {
  const bundles = (globalThis as { [REJECTED]?: readonly string[] })[REJECTED] ?? [];
  if (bundles.length > 0) log.info({ event: 'code_cache.rejected', bundles: bundles.length });
}
