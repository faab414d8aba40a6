import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endsWithin } from '@holdfast/core/deadline';
import type { CallerGate } from '../auth/caller-gate.js';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import { ReasonError } from '../reasons.js';
import type { Connections } from './connections.js';
import { forwardEveryRequest } from './edge.js';
import { answerClientError, REQUEST_TIMEOUT_MS, SERVER_OPTIONS } from './server-bounds.js';

/** For what is in flight when it closes: what operators look at is answered in less. */
const LAST_ANSWER_MS = 300;

/**
 * The port of operations: its requests are the application's, marked as having come in here. It says how the
 * service is while that drains, and closes last.
 */
export class OperationsListener {
  readonly #server: Server;

  /** @param application what serves the main port */
  constructor(
    application: Server,
    gate: CallerGate,
    connections: Connections,
    metrics: RequestMetrics,
  ) {
    const options = { ...SERVER_OPTIONS, requestTimeout: REQUEST_TIMEOUT_MS };
    this.#server = createServer(options, (request, response) => {
      gate.cameFromOperations(request);
      application.emit('request', request, response);
    });
    connections.watchOperations(this.#server);
    forwardEveryRequest(this.#server, connections);
    this.#server.on('clientError', answerClientError(connections, metrics));
  }

  /**
   * @returns where it listens
   * @throws LISTEN_FAILED
   */
  async listen(port: number, host: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const detail = `OPS_PORT ${port} on ${host}`;
        reject(new ReasonError('LISTEN_FAILED', { detail, cause }));
      });
      this.#server.listen(port, host, resolve);
    });
    return urlOf(this.#server.address() as AddressInfo);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    if (!(await endsWithin(LAST_ANSWER_MS, closed))) this.#server.closeAllConnections();
  }
}

/** As a client writes it. */
export function urlOf({ family, address, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
