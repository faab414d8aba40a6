import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { DatabaseProbe } from './database-probe.js';
import { type Check, Failing, readingCheck } from './check.js';

/** Injection token of `readonly DatabaseProbe[]`. */
export const DATABASE_PROBES = 'holdfast.health.databases';

/** Every database: reachable and writable. */
@Injectable()
export class DatabaseIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
  ) {}

  readonly #failing = new Map<DatabaseProbe, Failing>();

  async check(): Promise<HealthIndicatorResult<'db'>> {
    const checks = await Promise.all(
      this.probes.map(async (probe) => ({ probe, check: await this.databaseCheck(probe) })),
    );
    const worst = checks.find(({ check }) => !check.ok) ?? checks[0];
    const slowest = Math.max(0, ...checks.map(({ check }) => check.latency_ms ?? 0));
    const data: Check = {
      ...(worst?.check ?? { ok: true, detail: 'connected', latency_ms: 0 }),
      ...(worst?.check.ok && { latency_ms: slowest }),
      ...(checks.length > 1 && {
        stores: Object.fromEntries(
          checks.flatMap(({ probe, check }) =>
            probe.database.stores.map((store) => [store, check]),
          ),
        ),
      }),
    };
    const session = this.indicators.check('db');
    return data.ok ? session.up({ ...data }) : session.down({ ...data });
  }

  private async databaseCheck(probe: DatabaseProbe): Promise<Check> {
    const reading = await probe.read();
    const code = probe.database.type === 'sqlite' ? 'SQLITE_READ_ONLY' : 'POSTGRES_READ_ONLY';
    const check: Check =
      reading.ok && reading.value.readOnly
        ? { ok: false, detail: 'connected', code }
        : readingCheck(reading);
    const failing = this.#failing.get(probe) ?? new Failing();
    this.#failing.set(probe, failing);
    return failing.mark(check);
  }
}
