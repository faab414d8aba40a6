import type { Log } from '@holdfast/core/log';
import { unheardApiVersion } from '@holdfast/core/tracing';
import '../reasons.js';

/** Tells at the start that there is an SDK, and that it will get no span. */
export function warnOfUnheardTracing(log: Log): void {
  const version = unheardApiVersion();
  if (version === undefined) return;
  log.warn(
    { event: 'tracing.unheard', code: 'TRACING_API_TOO_OLD', version },
    'nothing is traced: the SDK has been registered through an older @opentelemetry/api',
  );
}
