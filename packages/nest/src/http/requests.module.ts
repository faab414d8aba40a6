import type { Server } from 'node:http';
import { Inject, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import { CALLER_GATE, type CallerGate } from '../auth/caller-gate.js';
import { CALLER_SLOTS, type CallerSlots } from '../auth/caller-slots.js';
import { drain } from '../drain.js';
import { sendLastSpans } from '../last-spans.js';
import { Lifecycle } from '../lifecycle.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { SETTINGS } from '../settings.module.js';
import { Connections } from './connections.js';
import { OperationsListener } from './operations-listener.js';
import { platformOf } from './platform.js';
import { warnOfUnheardTracing } from './unheard-tracing.js';
import { holdTickShape } from '../tick-shape.js';

/**
 * The requests of an application that has made its HTTP server itself: their ids, bounds and log, and
 * draining when it closes. Without a server, as in `createApplicationContext()`, there are none.
 */
@Module({})
export class RequestsModule implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOG) private readonly log: Log,
    @Inject(REPLICATION) replication: Replication | null,
    @Inject(CALLER_GATE) private readonly gate: CallerGate | null,
    @Inject(CALLER_SLOTS) slots: CallerSlots | null,
    private readonly lifecycle: Lifecycle,
    private readonly connections: Connections,
    private readonly metrics: RequestMetrics,
  ) {
    if (!this.#hasServer) return;
    const edge = { settings, lifecycle, connections, log, metrics, replication, gate, slots };
    platformOf(adapterHost.httpAdapter).watchRequests({ ...edge, areUnnamed: true });
  }

  #operations: OperationsListener | undefined;

  onModuleInit(): void {
    if (!this.#hasServer) return;
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    holdTickShape();
    this.connections.watch(server);
    warnOfUnheardTracing(this.log);
    server.once('listening', () => {
      this.lifecycle.phase = 'serving';
      void this.#listenForOperations(server);
    });
  }

  /** Before anything is closed that requests need and that closes on application shutdown. */
  async onModuleDestroy(): Promise<void> {
    if (this.lifecycle.phase !== 'serving') return;
    this.lifecycle.phase = 'draining';
    const { connections, lifecycle, settings } = this;
    this.log.info({
      event: 'draining',
      in_flight: connections.inFlight,
      connections: connections.open,
    });
    const closeNothing = () => Promise.resolve();
    const { abandoned } = await drain(connections, lifecycle, settings.shutdown, closeNothing);
    this.log[abandoned === 0 ? 'info' : 'warn']({ event: 'drained', abandoned });
    await this.#operations?.close();
    await sendLastSpans(this.log);
  }

  /** Once the application listens, on the same address: only then it is known where. */
  async #listenForOperations(server: Server): Promise<void> {
    const { access, port } = this.settings.operations;
    const address = server.address();
    if (access !== 'separate-port' || !this.gate || !address || typeof address === 'string') return;
    this.#operations = new OperationsListener(server, this.gate, this.connections, this.metrics);
    try {
      const url = await this.#operations.listen(port, address.address);
      this.log.info({ event: 'listening.operations', url });
    } catch (error) {
      this.log.error({ event: 'listening.operations_failed', code: 'LISTEN_FAILED', err: error });
    }
  }

  get #hasServer(): boolean {
    return (this.adapterHost as Partial<HttpAdapterHost>).httpAdapter !== undefined;
  }
}
