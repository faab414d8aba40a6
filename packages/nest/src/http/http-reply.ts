import type { IncomingMessage } from 'node:http';

/** Fastify's reply and Express's response, as far as they are the same. */
export interface HttpReply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

/** Fastify's request and Express's. */
export interface HttpRequest {
  /** The correlation id. */
  readonly id: string;
  /** Node's, where it is another one. */
  readonly raw?: IncomingMessage;
  readonly originalUrl: string;
  /** Which methods its path takes, where the framework does not refuse other ones by itself. */
  readonly methodsOfPath?: () => readonly string[];
}
