import type { Sent } from './exchange.js';
import type { Headers, Stage } from './stage.js';

/** One row of the table: what is sent, and what has to come of it. Nothing that is stored may change. */
export interface AbuseCase<On = Stage> {
  readonly category: string;
  readonly name: string;
  /** What is sent, on one connection each; the last is judged. */
  readonly send: (stage: On) => Promise<readonly Sent[]>;
  readonly status: number;
  /** Null where the request is answered as any other: then it has come to nothing. */
  readonly code: string | null;
}

/** Further requests that are no row of their own, from an address that nobody else has. */
let addresses = 0;

export function newAddress(): string {
  addresses += 1;
  return `198.51.${Math.trunc(addresses / 250)}.${(addresses % 250) + 1}`;
}

/**
 * The bytes of one request, as the balancer passes it on: from an address of its own unless the headers say another.
 * @param body text, sent as JSON unless the headers say otherwise
 */
export function request(
  method: string,
  target: string,
  headers: Headers = {},
  body?: string | Buffer,
): Sent {
  const given = {
    Host: 'holdfast.test',
    'X-Forwarded-For': newAddress(),
    Connection: 'close',
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
    }),
    ...headers,
  };
  const fields = Object.entries(given).map(([name, value]) => `${name}: ${value}`);
  const head = `${[`${method} ${target} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body ?? '')]) };
}

type Ask<On> = (stage: On) => Promise<Sent | readonly Sent[]> | Sent | readonly Sent[];

/** The rows of one category. */
export function rows<On = Stage>(
  category: string,
  table: readonly (readonly [name: string, ask: Ask<On>, status: number, code: string | null])[],
): readonly AbuseCase<On>[] {
  return table.map(([name, ask, status, code]) => ({
    category,
    name,
    send: async (stage) => [await ask(stage)].flat(),
    status,
    code,
  }));
}
