import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { DATABASES } from '../database/database.module.js';
import { isSaturated } from '@holdfast/postgres/pool/pool-statistics';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { DatabaseProbe, ProbedDatabase } from './database-probe.js';
import { type Check, Failing, readingCheck } from './check.js';
import type { HealthCheck } from './health-check.js';
import type { Reading } from './probe.js';

/** Injection token of `readonly DatabaseProbe[]`. */
export const DATABASE_PROBES = 'holdfast.health.databases';

const ANSWERED: readonly ReasonCode[] = ['POSTGRES_RIGHTS_MISSING', 'DATABASE_IDENTITY_MISMATCH'];

/** Every database: reachable and writable. A saturated pool is reported, but is no outage. */
@Injectable()
export class DatabaseIndicator implements HealthCheck {
  readonly name = 'db';
  readonly isUsed = true;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASES) private readonly databases: readonly SqlDatabase[],
  ) {}

  readonly #failing = new Map<DatabaseProbe, Failing>();

  async check(): Promise<HealthIndicatorResult<'db'>> {
    const checks = await Promise.all(
      this.probes.map(async (probe) => ({ probe, check: await this.#databaseCheck(probe) })),
    );
    const coded = checks.find(({ check }) => check.code !== undefined);
    const worst = checks.find(({ check }) => !check.ok) ?? coded ?? checks[0];
    const slowest = Math.max(0, ...checks.map(({ check }) => check.latency_ms ?? 0));
    const data: Check = {
      ...(worst?.check ?? { ok: true, detail: 'connected', latency_ms: 0 }),
      ...(worst?.check.ok && { latency_ms: slowest }),
      ...(checks.some(({ check }) => check.saturated) && { saturated: true }),
      ...(checks.length > 1 && {
        stores: Object.fromEntries(
          checks.flatMap(({ probe, check }) =>
            probe.database.stores.map((store) => [store, check]),
          ),
        ),
      }),
    };
    const session = this.indicators.check('db');
    if (!data.ok) return session.down({ ...data });
    return data.code === undefined ? session.up({ ...data }) : session.degraded({ ...data });
  }

  async #databaseCheck(probe: DatabaseProbe): Promise<Check> {
    const failing = this.#failing.get(probe) ?? new Failing();
    this.#failing.set(probe, failing);
    return failing.mark(await this.#databaseReading(probe));
  }

  async #databaseReading(probe: DatabaseProbe): Promise<Check> {
    // Another file of the same name would answer a probe.
    if (this.#databaseOf(probe)?.isFileReplaced())
      return { ok: false, detail: 'unreachable', code: 'SQLITE_FILE_REPLACED' };
    const reading = await probe.read();
    const code = reading.ok ? await this.#refusal(probe, reading.value) : undefined;
    if (code !== undefined) return { ok: false, detail: 'connected', code };
    return {
      ...readingCheck(reading),
      ...(isAnswered(reading) && { detail: 'connected' as const }),
      ...(reading.ok &&
        reading.value.ending.length > 0 && { code: 'POSTGRES_CERTIFICATE_EXPIRING' as const }),
      ...(this.#isSaturated(probe) && { saturated: true as const }),
    };
  }

  /** Why a database that answers takes no writes, if it takes none. */
  async #refusal(
    probe: DatabaseProbe,
    { readOnly, compatibility, durability }: ProbedDatabase,
  ): Promise<ReasonCode | undefined> {
    const { type } = probe.database;
    if (readOnly) return type === 'sqlite' ? 'SQLITE_READ_ONLY' : 'POSTGRES_READ_ONLY';
    if (compatibility.lacking.length > 0) return 'POSTGRES_RIGHTS_MISSING';
    if (durability.faults.length > 0 && this.settings.durability === 'require')
      return 'POSTGRES_NOT_DURABLE';
    if (compatibility.intercepting.length > 0 && this.settings.durability === 'require')
      return 'POSTGRES_WRITES_INTERCEPTED';
    const database = this.#databaseOf(probe);
    if (!database?.isFull) return undefined;
    // As long as this says so, requests may go elsewhere: it has to see the end of it for itself.
    database.isFull = !(await probe.canWrite());
    return database.isFull ? 'POSTGRES_DISK_FULL' : undefined;
  }

  #databaseOf({ database: { name } }: DatabaseProbe): SqlDatabase | undefined {
    return this.databases.find(({ settings }) => settings.name === name);
  }

  #isSaturated(probe: DatabaseProbe): boolean {
    const { type } = probe.database;
    const pool = this.#databaseOf(probe)?.statistics();
    return type === 'postgresql' && !!pool && isSaturated(pool);
  }
}

/** The server has let us in, and said no to the question, or is another one. */
function isAnswered(reading: Reading<unknown>): boolean {
  return !reading.ok && ANSWERED.includes(reading.code);
}
