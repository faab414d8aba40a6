import type { Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Settings } from '@holdfast/guard/settings';
import type { RequestMetrics } from '../../metrics/request-metrics.js';
import type { Connections } from '../connections.js';
import { answerClientError, REQUEST_TIMEOUT_MS, SERVER_OPTIONS } from '../server-bounds.js';

/** As Fastify's: longer than load balancers keep an idle connection. */
const KEEP_ALIVE_MS = 72_000;

/** Nest on Express, which says nothing of itself. */
export function createAdapter(
  { http: { trustedProxies } }: Settings,
  connections: Connections,
  metrics: RequestMetrics,
): ExpressAdapter {
  const adapter = new BoundedAdapter(connections, metrics);
  adapter.disable('x-powered-by');
  adapter.disable('etag');
  if (trustedProxies.length > 0) adapter.set('trust proxy', [...trustedProxies]);
  return adapter;
}

/** Express takes no options of the server: they are set on it, before it listens. */
class BoundedAdapter extends ExpressAdapter {
  readonly #connections: Connections;
  readonly #metrics: RequestMetrics;

  constructor(connections: Connections, metrics: RequestMetrics) {
    super();
    this.#connections = connections;
    this.#metrics = metrics;
  }

  override initHttpServer(options: Parameters<ExpressAdapter['initHttpServer']>[0]): void {
    super.initHttpServer(options);
    const server = this.getHttpServer() as Server;
    Object.assign(server, SERVER_OPTIONS, {
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.on('clientError', answerClientError(this.#connections, this.#metrics));
  }
}
