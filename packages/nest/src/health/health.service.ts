import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { DATABASES } from '../database/database.module.js';
import { verifiedIdentityOf } from '@holdfast/postgres/verification/verified-identity';
import type { PoolStatistics } from '@holdfast/postgres/pool/pool-statistics';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { Lifecycle } from '../lifecycle.js';
import { RELEASE, type Release } from '@holdfast/core/release';
import { ReasonError } from '../reasons.js';
import { advised, type Check } from './check.js';
import { Checks, type OverallStatus, type Verdict } from './checks.js';
import { DATABASE_PROBES } from './database.indicator.js';
import type { DatabaseProbe } from './database-probe.js';
import { EventLoopIndicator } from './event-loop.indicator.js';
import { CHECK_NAMES } from './health-check.js';
import { MigrationStatusReader } from './migration-status.js';
import { ReplicasIndicator } from './replicas.indicator.js';

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

/** Puts what the checks say into the bodies of the contract. */
@Injectable()
export class HealthService {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASES) private readonly databases: readonly SqlDatabase[],
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
    private readonly lifecycle: Lifecycle,
    private readonly checks: Checks,
    private readonly eventLoop: EventLoopIndicator,
    private readonly replicas: ReplicasIndicator,
    @Inject(REPLICATION) private readonly replication: Replication | null,
    private readonly migrationStatus: MigrationStatusReader,
    @Inject(RELEASE) private readonly release: Release,
  ) {}

  get isStarted(): boolean {
    return this.lifecycle.phase !== 'starting';
  }

  get isDraining(): boolean {
    return this.lifecycle.phase === 'draining';
  }

  /** Every check that there is, whether this process has what it checks or not. */
  get checkNames(): readonly string[] {
    return [...new Set([...CHECK_NAMES, ...this.checks.used.map(({ name }) => name)])];
  }

  /** @param without checks that are left out, and what fails only because of them */
  async readiness(without: readonly string[] = []): Promise<Readiness> {
    return this.#unlessDraining(() =>
      without.length === 0 ? this.checks.run() : this.checks.runWithout(without),
    );
  }

  /**
   * One check alone.
   * @throws HEALTH_CHECK_UNKNOWN where this process has none of that name
   */
  async readinessOf(name: string): Promise<Readiness> {
    return this.#unlessDraining(async () => {
      const verdict = await this.checks.runOne(name);
      if (verdict) return verdict;
      const names = this.checks.used.map((check) => check.name).join(', ');
      throw new ReasonError('HEALTH_CHECK_UNKNOWN', { detail: `This process has ${names}.` });
    });
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
    const [readiness, migrations] = await Promise.all([
      this.readiness(),
      this.migrationStatus.read(),
    ]);
    const { stores, environment, shadow } = this.settings;
    const [pool] = this.pools();
    const checks = { ...readiness.checks, event_loop: this.eventLoop.read() };
    const database = readiness.checks.db;
    return {
      ...readiness,
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, check]) => [name, advised(check)]),
      ),
      environment,
      uptime_seconds: Math.round(process.uptime() * 1000) / 1000,
      database: {
        type: pool?.type ?? 'memory',
        status: database?.detail ?? 'unknown',
        pool: pool ?? null,
      },
      ...(this.replication && { replicas: this.replicas.read().map(advised) }),
      stores: Object.fromEntries(
        stores.map(({ store, backend, database: name = null }) => [
          store,
          { backend, database: name, fingerprint: this.#fingerprintOf(name) },
        ]),
      ),
      migrations,
      shadow,
    };
  }

  /** @param name of a database; null for none */
  #fingerprintOf(name: string | null): string | null {
    const database = this.settings.databases.find((each) => each.name === name);
    if (database?.type !== 'postgresql') return null;
    return verifiedIdentityOf(database)?.fingerprint ?? null;
  }

  async diagnostics() {
    const writable = await Promise.all(
      this.probes.map(async (probe) => ({ probe, ok: await probe.canWrite() })),
    );
    return {
      status: writable.every(({ ok }) => ok) ? 'ok' : 'fail',
      profile: this.settings.profile,
      version: this.release.version,
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

  async #unlessDraining(run: () => Promise<Verdict>): Promise<Readiness> {
    const verdict = this.isDraining ? undefined : await run();
    // It may have begun meanwhile.
    if (verdict && this.lifecycle.phase !== 'draining') return this.#withHeader(verdict);
    return this.#withHeader({
      status: 'fail',
      checks: { shutdown: { ok: false, detail: 'draining' } },
    });
  }

  #withHeader({ status, checks }: Verdict): Readiness {
    return {
      status,
      profile: this.settings.profile,
      version: this.release.version,
      timestamp: new Date().toISOString(),
      checks,
    };
  }
}
