import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { withDeadline } from '@holdfast/core/deadline';
import { ReasonError } from '../reasons.js';
import { type Check, Failing } from './check.js';
import type { HealthCheck } from './health-check.js';
import type { ReadinessIndicator, ReadinessCheckOptions } from './readiness-check.js';

/** Load balancers probe far more often than what is checked may be able to bear. */
const CACHED_MS = 1000;

/** A check that the application has brought, bounded in time like the others. */
export class ApplicationCheck implements HealthCheck {
  readonly name: string;
  readonly isUsed = true;
  readonly #isRequired: boolean;
  readonly #failing = new Failing();
  #cached: { readonly at: number; readonly check: Promise<Check> } | undefined;

  constructor(
    { name, isRequired = true }: ReadinessCheckOptions,
    private readonly indicator: ReadinessIndicator,
    private readonly timeoutMs: number,
    private readonly indicators: HealthIndicatorService,
  ) {
    this.name = name;
    this.#isRequired = isRequired;
  }

  async check(): Promise<HealthIndicatorResult> {
    if (!this.#cached || performance.now() - this.#cached.at >= CACHED_MS)
      this.#cached = { at: performance.now(), check: this.#run() };
    const data = { ...(await this.#cached.check) };
    const session = this.indicators.check(this.name);
    if (data.ok) return session.up(data);
    return this.#isRequired ? session.down(data) : session.degraded(data);
  }

  async #run(): Promise<Check> {
    const bound = new AbortController();
    const late = new ReasonError('CHECK_FAILED', { detail: 'no answer' });
    // In a function of its own, so that what it throws synchronously is a rejection as well.
    const answer = (async () => await this.indicator.check(bound.signal))();
    try {
      const detail = await withDeadline(this.timeoutMs, answer, { late: () => late });
      return this.#failing.mark({ ok: true, detail: typeof detail === 'string' ? detail : 'well' });
    } catch (error) {
      if (error === late) bound.abort();
      const reason =
        error instanceof ReasonError
          ? error
          : new ReasonError('CHECK_FAILED', { detail: 'failing' });
      return this.#failing.mark({ ok: false, detail: reason.message, code: reason.code });
    }
  }
}
