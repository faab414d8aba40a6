/** The trace that a request came with, as W3C Trace Context writes it. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** What belongs into the headers of what is asked of others for it: `traceparent`, and `tracestate` where it has one. */
  readonly headers: Readonly<Record<string, string>>;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;
const ALL_ZERO = /^0+$/;
/** A later version may add fields behind; version 00 has none. */
const VERSION = '00';
const NO_VERSION = 'ff';
/** The specification asks for 512 at least to be passed on. */
const MOST_STATE_CHARACTERS = 512;

/** Undefined where there is no `traceparent`, or one that W3C Trace Context does not allow: it begins no trace. */
export function traceParentOf(headers: Headers): TraceParent | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId = '', parentId = '', further] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === NO_VERSION) return undefined;
  if (version === VERSION && further !== undefined) return undefined;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(parentId)) return undefined;
  const passesState = typeof tracestate === 'string' && tracestate.length <= MOST_STATE_CHARACTERS;
  return { traceId, headers: passesState ? { traceparent, tracestate } : { traceparent } };
}
