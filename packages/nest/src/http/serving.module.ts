import { type DynamicModule, Module } from '@nestjs/common';
import { Lifecycle } from '../lifecycle.js';
import { LOG, type Log } from '@holdfast/core/log';
import { RELEASE, type Release } from '@holdfast/core/release';
import { Metrics } from '../metrics/metrics.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { TaskMetrics } from '../metrics/task-metrics.js';
import { Connections } from './connections.js';

interface Serving {
  readonly connections: Connections;
  readonly metrics: RequestMetrics;
  readonly release: Release;
  readonly log: Log;
}

/** The root of an application: its content, and what every part of it may know of the process that serves. */
@Module({})
export class ServingModule {
  static register(
    content: DynamicModule,
    { connections, metrics, release, log }: Serving,
  ): DynamicModule {
    return {
      module: ServingModule,
      global: true,
      imports: [content],
      providers: [
        { provide: Connections, useValue: connections },
        { provide: RequestMetrics, useValue: metrics },
        Lifecycle,
        Metrics,
        TaskMetrics,
        { provide: LOG, useValue: log },
        { provide: RELEASE, useValue: release },
      ],
      exports: [Connections, RequestMetrics, Lifecycle, Metrics, TaskMetrics, LOG, RELEASE],
    };
  }
}
