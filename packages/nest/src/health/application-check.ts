import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { withDeadline } from '@holdfast/core/deadline';
import { ReasonError } from '../reasons.js';
import { type Check, Failing } from './check.js';
import type { HealthCheck } from './health-check.js';
import type { AskedByReadiness, ReadinessCheckOptions } from './readiness-check.js';

/** Load balancers ask far more often than what is asked may be able to bear. */
const KEPT_MS = 1000;

/** A check that the application has brought, bounded in time like the others. */
export class ApplicationCheck implements HealthCheck {
  readonly name: string;
  readonly isUsed = true;
  readonly #isRequired: boolean;
  readonly #failing = new Failing();
  #kept: { readonly at: number; readonly check: Promise<Check> } | undefined;

  constructor(
    { name, isRequired = true }: ReadinessCheckOptions,
    private readonly asked: AskedByReadiness,
    private readonly timeoutMs: number,
    private readonly indicators: HealthIndicatorService,
  ) {
    this.name = name;
    this.#isRequired = isRequired;
  }

  async check(): Promise<HealthIndicatorResult> {
    if (!this.#kept || performance.now() - this.#kept.at >= KEPT_MS)
      this.#kept = { at: performance.now(), check: this.#ask() };
    const data = { ...(await this.#kept.check) };
    const session = this.indicators.check(this.name);
    if (data.ok) return session.up(data);
    return this.#isRequired ? session.down(data) : session.degraded(data);
  }

  async #ask(): Promise<Check> {
    const bound = new AbortController();
    const late = new ReasonError('CHECK_FAILED', { detail: 'no answer' });
    // In a function of its own, so that what it throws at once is a rejection as well.
    const answer = (async () => this.asked.ask(bound.signal))();
    try {
      await withDeadline(this.timeoutMs, answer, { late: () => late });
      return this.#failing.mark({ ok: true, detail: 'well' });
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
