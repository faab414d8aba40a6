import type { Log } from '@holdfast/core/log';
import { flushSpans } from '@holdfast/core/tracing';

/** For the spans of the last seconds to be sent; an SDK sends every few. */
const LAST_SPANS_MS = 1000;

/** Before the process ends; without an SDK there is nothing to wait for. */
export async function sendLastSpans(log: Log): Promise<void> {
  if (await flushSpans(LAST_SPANS_MS)) return;
  log.warn({ event: 'tracing.spans_lost' }, 'the last spans have not been sent');
}
