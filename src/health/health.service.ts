import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { SETTINGS } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { DATABASES } from '../database/database.module.js';
import type { PoolStatistics } from '../database/pool-statistics.js';
import { type Replication, REPLICATION } from '../database/replicas/replication.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { Lifecycle } from '../lifecycle.js';
import { release } from '../release.js';
import type { Check } from './check.js';
import { DATABASE_PROBES, DatabaseIndicator } from './database.indicator.js';
import type { DatabaseProbe } from './database-probe.js';
import { EventLoopIndicator } from './event-loop.indicator.js';
import { LoginIndicator } from './login.indicator.js';
import { MigrationStatusReader } from './migration-status.js';
import { MigrationsIndicator } from './migrations.indicator.js';
import { RedisIndicator } from './redis.indicator.js';
import { ReplicasIndicator } from './replicas.indicator.js';

export type OverallStatus = 'ok' | 'degraded' | 'fail';

/** The body of `GET /health/ready`. */
export interface Readiness {
  readonly status: OverallStatus;
  readonly profile: string;
  readonly version: string;
  readonly timestamp: string;
  readonly checks: Readonly<Record<string, Check>>;
}

export interface NamedPool extends PoolStatistics {
  readonly name: string;
  readonly type: 'postgresql' | 'sqlite';
  readonly stores: readonly string[];
}

/** In the order of the body; the last three only when there is something to say. */
const CHECKS = ['db', 'migrations', 'redis', 'login', 'event_loop', 'replicas'] as const;

/** Puts the indicators together into the bodies of the contract. */
@Injectable()
export class HealthService {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASES) private readonly databases: readonly SqlDatabase[],
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
    private readonly lifecycle: Lifecycle,
    private readonly terminus: HealthCheckService,
    private readonly database: DatabaseIndicator,
    private readonly migrations: MigrationsIndicator,
    private readonly redis: RedisIndicator,
    private readonly login: LoginIndicator,
    private readonly eventLoop: EventLoopIndicator,
    private readonly replicas: ReplicasIndicator,
    @Inject(REPLICATION) private readonly replication: Replication | null,
    private readonly migrationStatus: MigrationStatusReader,
  ) {}

  get isStarted(): boolean {
    return this.lifecycle.phase !== 'starting';
  }

  get isDraining(): boolean {
    return this.lifecycle.phase === 'draining';
  }

  async readiness(): Promise<Readiness> {
    if (this.isDraining) {
      return this.withHeader('fail', { shutdown: { ok: false, detail: 'draining' } });
    }
    const { status, details } = await this.ask();
    return this.withHeader(status, details);
  }

  pools(): readonly NamedPool[] {
    return [...this.databases, ...(this.replication?.replicas ?? [])].map((database) => ({
      name: database.settings.name,
      type: database.settings.type,
      stores: database.settings.stores,
      ...database.statistics(),
    }));
  }

  async overview() {
    const readiness = await this.readiness();
    const { stores, environment, shadow } = this.settings;
    const [pool] = this.pools();
    const migrations = await this.migrationStatus.read();
    const database = readiness.checks.db;
    return {
      ...readiness,
      checks: { ...readiness.checks, event_loop: this.eventLoop.read() },
      environment,
      uptime_seconds: Math.round(process.uptime() * 1000) / 1000,
      database: {
        type: pool?.type ?? 'memory',
        status: database?.detail ?? 'unknown',
        pool: pool ?? null,
      },
      ...(this.replication && { replicas: this.replicas.read() }),
      stores: Object.fromEntries(
        stores.map(({ store, backend, database: name = null }) => [
          store,
          { backend, database: name },
        ]),
      ),
      migrations,
      shadow,
    };
  }

  async diagnostics() {
    const writable = await Promise.all(
      this.probes.map(async (probe) => ({ probe, ok: await probe.canWrite() })),
    );
    return {
      status: writable.every(({ ok }) => ok) ? 'ok' : 'fail',
      profile: this.settings.profile,
      version: release.version,
      timestamp: new Date().toISOString(),
      storage: {
        write_probe_ok: writable.every(({ ok }) => ok),
        backends: Object.fromEntries(
          this.settings.stores.map(({ store, backend }) => [store, backend]),
        ),
        databases: writable.map(({ probe, ok }) => ({
          name: probe.database.name,
          type: probe.database.type,
          write_probe_ok: ok,
        })),
      },
    };
  }

  /** Terminus answers a failure by throwing; here it is an answer like any other. */
  private async ask(): Promise<{ status: OverallStatus; details: Record<string, Check> }> {
    let result: HealthCheckResult;
    try {
      result = await this.terminus.check([
        () => this.database.check(),
        () => this.migrations.check(),
        ...(this.redis.isUsed ? [() => this.redis.check()] : []),
        ...(this.login.isFailing ? [() => this.login.check()] : []),
        ...(this.eventLoop.isLagging ? [() => this.eventLoop.check()] : []),
        ...(this.replicas.isFailing ? [() => this.replicas.check()] : []),
      ]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      result = error.getResponse() as HealthCheckResult;
    }
    const details = Object.fromEntries(
      CHECKS.flatMap((name) => {
        const { status: _, ...check } = result.details[name] ?? { status: 'down' };
        return 'ok' in check ? [[name, check as unknown as Check]] : [];
      }),
    );
    // While the database itself fails, so does a login, and nothing is known of its replicas.
    if (!details.db?.ok) {
      delete details.login;
      delete details.replicas;
    }
    const failed = result.status !== 'ok' && result.status !== 'degraded';
    return { status: failed ? 'fail' : (result.status as OverallStatus), details };
  }

  private withHeader(status: OverallStatus, checks: Readonly<Record<string, Check>>): Readiness {
    return {
      status,
      profile: this.settings.profile,
      version: release.version,
      timestamp: new Date().toISOString(),
      checks,
    };
  }
}
