import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { currentReader } from '@holdfast/postgres/replicas/reader';
import { isPlain } from './plain-route.js';
import type { Replication } from '@holdfast/postgres/replicas/replication';

/** Answers to writes carry it; a client that sends it back reads its write through any process. */
export const CONSISTENCY_TOKEN = 'x-consistency-token';

const READING = new Set(['GET', 'HEAD']);

/**
 * Requests that read may be served by replicas, as far as those have what the client has written.
 * Every other request is taken for a write, whatever became of it, and reads from the primary.
 */
export function readYourWrites(fastify: FastifyInstance, replication: Replication): void {
  fastify.addHook('onRequest', (request, _, done) => {
    if (!READING.has(request.method) || isPlain(request)) {
      done();
      return;
    }
    const token = request.headers[CONSISTENCY_TOKEN];
    const reader = replication.reader(clientNames(request), token && String(token));
    currentReader.run(reader, done);
  });
  // When the answer is sent, what it tells of has been committed.
  fastify.addHook('onSend', (request, reply, _, done) => {
    if (!READING.has(request.method)) {
      void reply.header(CONSISTENCY_TOKEN, replication.recordWrite(clientNames(request)));
    }
    done();
  });
}

/**
 * By what a client may be known again: its address, as the proxies of TRUSTED_PROXIES tell it and as
 * rate limits take it, and what it authenticates with. Two clients under one name only see a little
 * less of the replicas.
 */
export function clientNames({
  headers: { authorization },
  ip,
}: Pick<FastifyRequest, 'headers' | 'ip'>): readonly string[] {
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
