import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { isServable, type MigrationState } from '../migrations/status.js';
import type { ReasonCode } from '../reasons.js';
import { type Check, Failing } from './check.js';
import { MigrationStatusReader } from './migration-status.js';

const CODES: Readonly<Partial<Record<MigrationState, ReasonCode>>> = {
  pending: 'MIGRATIONS_PENDING',
  ahead: 'SCHEMA_NEWER_THAN_BUILD',
  drifted: 'MIGRATION_CHECKSUM_MISMATCH',
  unknown: 'DATABASE_UNAVAILABLE',
};

/** Every store's schema: what this build needs, or what a later build says that it can go on with. */
@Injectable()
export class MigrationsIndicator {
  readonly #failing = new Failing();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly reader: MigrationStatusReader,
  ) {}

  async check(): Promise<HealthIndicatorResult<'migrations'>> {
    const { status, stores } = await this.reader.read();
    const ok = Object.values(stores).every(isServable);
    const code = ok ? undefined : CODES[status];
    const check: Check = { ok, detail: status, ...(code && { code }) };
    const data = this.#failing.mark(check);
    const session = this.indicators.check('migrations');
    return data.ok ? session.up({ ...data }) : session.down({ ...data });
  }
}
