import type { ReasonCode } from '@holdfast/core/reasons';
import '../reasons.js';

/** What Node's HTTP server says of bytes that it could not read, or not in time. */
interface ClientError {
  readonly code?: string | undefined;
  readonly rawPacket?: unknown;
}

/** A request line that is so long that no header has been reached. */
const LONG_TARGET = /^[A-Z]+ [^\s]{8192}/;

/** @returns the code of the answer to what is no request, or not yet */
export function codeOfClientError({ code, rawPacket }: ClientError): ReasonCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT';
  if (code !== 'HPE_HEADER_OVERFLOW') return 'REQUEST_MALFORMED';
  const start = rawPacket instanceof Buffer ? rawPacket.toString('latin1', 0, 8300) : '';
  const isTarget = LONG_TARGET.test(start);
  return isTarget ? 'TARGET_TOO_LONG' : 'HEADERS_TOO_LARGE';
}
