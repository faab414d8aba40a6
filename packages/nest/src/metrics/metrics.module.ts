import { Inject, Module } from '@nestjs/common';
import { RELEASE, type Release } from '@holdfast/core/release';
import type { Settings } from '@holdfast/guard/settings';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import { DATABASES } from '../database/database.module.js';
import { Checks } from '../health/checks.js';
import { EventLoopIndicator } from '../health/event-loop.indicator.js';
import { HealthModule } from '../health/health.module.js';
import { HealthService } from '../health/health.service.js';
import { MigrationStatusReader } from '../health/migration-status.js';
import { ReadinessWatch } from '../health/readiness-watch.js';
import { ReplicasIndicator } from '../health/replicas.indicator.js';
import { Connections } from '../http/connections.js';
import { SETTINGS } from '../settings.module.js';
import { healthMetrics } from './health-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { poolMetrics } from './pool-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { serviceMetrics } from './service-metrics.js';
import { TaskMetrics } from './task-metrics.js';

/** What the process measures of itself, at `GET /metrics`. */
@Module({ imports: [HealthModule], controllers: [MetricsController] })
export class MetricsModule {
  constructor(
    metrics: Metrics,
    requests: RequestMetrics,
    tasks: TaskMetrics,
    connections: Connections,
    @Inject(SETTINGS) settings: Settings,
    @Inject(RELEASE) release: Release,
    @Inject(DATABASES) databases: readonly SqlDatabase[],
    @Inject(REPLICATION) replication: Replication | null,
    eventLoop: EventLoopIndicator,
    health: HealthService,
    checks: Checks,
    watch: ReadinessWatch,
    migrations: MigrationStatusReader,
    replicas: ReplicasIndicator,
  ) {
    metrics.register(
      ...serviceMetrics(settings, release, eventLoop),
      ...requests.metrics(connections),
      ...tasks.metrics(),
      ...poolMetrics([...databases, ...(replication?.replicas ?? [])]),
      ...healthMetrics({ health, checks, watch, migrations, replicas }),
    );
  }
}
