import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import {
  codeOf,
  isServable,
  type MigrationState,
  type StoreMigrations,
  worstState,
} from '@holdfast/migrate/status';
import { type Check, Failing } from './check.js';
import type { HealthCheck } from './health-check.js';
import { MigrationStatusReader } from './migration-status.js';

/** Which stores, and that others are well. */
function asCheck([store, { status }]: readonly [string, StoreMigrations]): [string, Check] {
  return [store, { ok: false, detail: status, code: 'SCHEMA_FITS_PARTLY' }];
}

/** Every store's schema: what this build needs, or what a later build says that it can go on with. */
@Injectable()
export class MigrationsIndicator implements HealthCheck {
  readonly name = 'migrations';
  readonly isUsed = true;
  readonly dependsOn = {
    name: 'db',
    explains: ({ detail }: Check) => detail === ('unknown' satisfies MigrationState),
  } as const;
  readonly #failing = new Failing();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly reader: MigrationStatusReader,
  ) {}

  async check(): Promise<HealthIndicatorResult<'migrations'>> {
    const { status, stores } = await this.reader.read();
    const inTheWay = Object.values(stores).filter((store) => !isServable(store));
    const ok = inTheWay.length === 0;
    // What this build can go on with is not why it cannot serve.
    const detail = ok ? status : worstState(inTheWay.map((store) => store.status));
    const worst = inTheWay.filter((store) => store.status === detail);
    const code = codeOf({
      status: detail,
      drifted: worst.flatMap(({ drifted }) => drifted),
      out_of_order: worst.flatMap(({ out_of_order: late = [] }) => late),
      broken_statements: Math.max(0, ...worst.map(({ broken_statements: broken = 0 }) => broken)),
    });
    const broken = Object.entries(stores).filter(([, store]) => store.broken_statements);
    const check: Check = {
      ok,
      detail,
      ...(!ok && code && { code }),
      ...(broken.length > 0 && { stores: Object.fromEntries(broken.map(asCheck)) }),
    };
    const data = this.#failing.mark(check);
    const session = this.indicators.check('migrations');
    return data.ok ? session.up({ ...data }) : session.down({ ...data });
  }
}
