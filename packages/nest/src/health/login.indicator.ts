import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { DATABASES } from '../database/database.module.js';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { HealthCheck } from './health-check.js';
import type { LoginCanary } from './login-canary.js';

/** Injection token of `readonly LoginCanary[]`. */
export const LOGIN_CANARIES = 'holdfast.health.logins';

/**
 * New logins to each PostgreSQL database; open sessions may live on while these fail. Where none is
 * left in the pool and the server refuses new ones, no request can be served.
 */
@Injectable()
export class LoginIndicator implements HealthCheck {
  readonly name = 'login';
  readonly isQuiet = true;
  readonly dependsOn = { name: 'db', explains: () => true } as const;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(LOGIN_CANARIES) private readonly canaries: readonly LoginCanary[],
    @Inject(DATABASES) private readonly databases: readonly SqlDatabase[],
  ) {}

  get isUsed(): boolean {
    return this.canaries.length > 0;
  }

  check(): HealthIndicatorResult<'login'> {
    const session = this.indicators.check('login');
    const failing = this.canaries.filter(({ check }) => !check.ok);
    const shutOut = failing.find((canary) => this.#isShutOut(canary));
    if (shutOut) return session.down({ ...shutOut.check });
    const [worst] = failing;
    return worst
      ? session.degraded({ ...worst.check })
      : session.up({ ok: true, detail: 'succeeding' });
  }

  /** A server that cannot be reached is reported by its probe, and sooner. */
  #isShutOut({ name: database, check }: LoginCanary): boolean {
    const own = this.databases.find(({ settings: { name } }) => name === database);
    const { idle, checked_out } = own?.statistics() ?? { idle: 1, checked_out: 0 };
    return check.code !== 'POSTGRES_UNREACHABLE' && idle + checked_out === 0;
  }
}
