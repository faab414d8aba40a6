import type { Server } from 'node:http';
import { Inject, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import { drain } from '../drain.js';
import { Lifecycle } from '../lifecycle.js';
import { SETTINGS } from '../settings.module.js';
import { Connections } from './connections.js';
import { platformOf } from './platform.js';

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
    private readonly lifecycle: Lifecycle,
    private readonly connections: Connections,
  ) {
    if (!this.#hasServer) return;
    const edge = { settings, lifecycle, connections, log, replication, areUnnamed: true };
    platformOf(adapterHost.httpAdapter).watchRequests(edge);
  }

  onModuleInit(): void {
    if (!this.#hasServer) return;
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    this.connections.watch(server);
    server.once('listening', () => {
      this.lifecycle.phase = 'serving';
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
  }

  get #hasServer(): boolean {
    return (this.adapterHost as Partial<HttpAdapterHost>).httpAdapter !== undefined;
  }
}
