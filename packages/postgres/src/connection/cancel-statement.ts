import type { Duplex } from 'node:stream';
import pg from 'pg';
import { isSocket } from '@holdfast/guard/dsn';

/** What a cancel request needs to know of a connection. */
export interface Cancelable {
  readonly host: string;
  readonly port: number;
  /** As `pg` has it: its types say boolean. */
  readonly ssl: unknown;
  /** `direct` where TLS begins with the first byte. */
  readonly sslNegotiation?: string;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** What is not in the types of `pg`. */
interface Internals {
  readonly stream: Duplex;
  /** @param at a port, or the path of a socket */
  connect(at: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}

/**
 * Asks the server, on a connection of its own that lives for `boundMs` at most, to cancel the
 * statement that the given connection waits for; whether it does shows there. PgBouncer passes this
 * on for as long as the given connection is open.
 */
export function cancelStatement(waiting: Cancelable, boundMs: number): void {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = waiting;
  if (processID === null || secretKey === null) return;
  const connection = new pg.Connection({ ssl, sslNegotiation } as object);
  const internals = connection as unknown as Internals;
  // A plain timer: no one waits for this connection.
  const timer = setTimeout(() => internals.stream.destroy(), boundMs).unref();
  const cancel = () => {
    internals.cancel(processID, secretKey);
  };
  connection.on('connect', () => {
    if (!ssl) cancel();
    else if (sslNegotiation !== 'direct') internals.requestSsl();
  });
  connection.on('sslconnect', cancel);
  connection.on('error', () => internals.stream.destroy());
  connection.on('end', () => {
    clearTimeout(timer);
  });
  if (isSocket({ host })) internals.connect(`${host}/.s.PGSQL.${port}`);
  else internals.connect(port, host);
}
