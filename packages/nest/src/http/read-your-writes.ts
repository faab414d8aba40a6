import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Answers to writes carry it; a client that sends it back reads its write through any process. */
export const CONSISTENCY_TOKEN = 'x-consistency-token';

/**
 * Requests that read may be served by replicas, as far as those have what the client has written. Every
 * other request is taken for a write, whatever became of it, and reads from the primary.
 */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** A request, as far as it says whose it is. */
interface Client {
  readonly headers: IncomingHttpHeaders;
  readonly ip: string | undefined;
}

/**
 * By what a client may be known again: its address, as the proxies of TRUSTED_PROXIES give it and as
 * rate limits take it, and what it authenticates with. Two clients under one name only see a little
 * less of the replicas.
 */
export function clientNames({ headers: { authorization }, ip }: Client): readonly string[] {
  const names = [bareAddress(ip)];
  if (authorization !== undefined) {
    names.push(createHash('sha256').update(authorization).digest('base64'));
  }
  return names;
}

/**
 * Without what differs between connections of one client: a port, or how IPv4 is written.
 * @param address undefined once the client has hung up
 */
function bareAddress(address: string | undefined = ''): string {
  const [, v6] = /^\[([^\]]+)\](?::\d+)?$/.exec(address) ?? [];
  const [, v4] = /^(?:::ffff:)?(\d+(?:\.\d+){3})(?::\d+)?$/i.exec(v6 ?? address) ?? [];
  return v4 ?? (v6 ?? address).toLowerCase();
}
