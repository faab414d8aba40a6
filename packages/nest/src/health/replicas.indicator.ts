import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { ReplicaStatus } from '@holdfast/postgres/replicas/replica';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { Check } from './check.js';
import type { HealthCheck } from './health-check.js';

/** One read replica in `GET /health`. */
export interface ReplicaCheck extends Check {
  readonly name: string;
  /** `DatabaseSettings.name` of its primary. */
  readonly database: string;
}

const DETAILS: Readonly<Partial<Record<ReasonCode, string>>> = {
  REPLICA_LAGGING: 'lagging',
  REPLICA_LAG_UNKNOWN: 'unknown',
  REPLICA_NOT_A_STANDBY: 'refused',
  REPLICA_OF_ANOTHER_DATABASE: 'refused',
};

/** The read replicas, as their monitor last found them. Without them the service does as well, slower. */
@Injectable()
export class ReplicasIndicator implements HealthCheck {
  readonly name = 'replicas';
  readonly isQuiet = true;
  readonly dependsOn = {
    name: 'db',
    // It is the primary that does not say how far it is.
    explains: ({ code }: Check) => code === ('REPLICA_LAG_UNKNOWN' satisfies ReasonCode),
  } as const;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(REPLICATION) private readonly replication: Replication | null,
  ) {}

  get isUsed(): boolean {
    return this.replication !== null;
  }

  read(): readonly ReplicaCheck[] {
    if (!this.replication) return [];
    const database = this.replication.database.name;
    return this.replication
      .statuses()
      .map(({ replica, status }) => ({ name: replica.name, database, ...checkOf(status) }));
  }

  check(): HealthIndicatorResult<'replicas'> {
    const session = this.indicators.check('replicas');
    const failing = this.read().find(({ ok }) => !ok);
    if (!failing) return session.up({ ok: true, detail: 'connected' });
    const { name: _, database: __, lag_ms: ___, ...check } = failing;
    return session.degraded({ ...check });
  }
}

function checkOf({ code, lagMs, failingSince }: ReplicaStatus): Check {
  return {
    ok: code === undefined,
    detail: code === undefined ? 'connected' : (DETAILS[code] ?? 'unreachable'),
    ...(code !== undefined && { code }),
    ...(lagMs !== undefined && { lag_ms: lagMs }),
    ...(failingSince !== undefined && { failing_since: failingSince }),
  };
}
