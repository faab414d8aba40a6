import { Inject, Injectable, type OnModuleInit, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import type { Check } from './check.js';
import { ApplicationChecks } from './application-checks.js';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';

export type OverallStatus = 'ok' | 'degraded' | 'fail';

/** What the checks say, in the order of the bodies. */
export interface Verdict {
  readonly status: OverallStatus;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Called with what all checks say, each time that they have run. */
export type Listener = (verdict: Verdict) => void;

/** Runs the checks, all or some, and aggregates their results. */
@Injectable()
export class Checks implements OnModuleInit {
  #used: readonly HealthCheck[] = [];
  #running: Promise<Verdict> | undefined;
  #listener: Listener | undefined;

  constructor(
    @Inject(HEALTH_CHECKS) private readonly own: readonly HealthCheck[],
    private readonly applications: ApplicationChecks,
    private readonly terminus: HealthCheckService,
  ) {}

  onModuleInit(): void {
    this.#used = [...this.own.filter(({ isUsed }) => isUsed), ...this.applications.find()];
  }

  /** What this process has to check. */
  get used(): readonly HealthCheck[] {
    return this.#used;
  }

  /** Every check. Concurrent calls share one run. */
  run(): Promise<Verdict> {
    return (this.#running ??= this.#gather(this.used).finally(() => {
      this.#running = undefined;
    }));
  }

  /** Every check but these, and but what fails only because of them. */
  async runWithout(names: readonly string[]): Promise<Verdict> {
    return this.#judge(await this.#results(this.used), (name) => !names.includes(name));
  }

  /** One check, which fails or does not, whether the service could go on without it or not. */
  async runOne(name: string): Promise<Verdict | undefined> {
    const chosen = this.used.find((check) => check.name === name);
    if (!chosen) return undefined;
    const wanted = [name, chosen.dependsOn?.name];
    const found = await this.#results(this.used.filter((check) => wanted.includes(check.name)));
    const check = found.get(name)?.check;
    return check && { status: check.ok ? 'ok' : 'fail', checks: { [name]: check } };
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  async #gather(checks: readonly HealthCheck[]): Promise<Verdict> {
    const verdict = this.#judge(await this.#results(checks), () => true);
    this.#listener?.(verdict);
    return verdict;
  }

  #judge(found: ReadonlyMap<string, Result>, isIncluded: (name: string) => boolean): Verdict {
    const included = [...found].filter(([name]) => isIncluded(name));
    // What fails because of another adds nothing to that one, and is no fault where that is left out.
    const own = included.filter(([, { check }]) => check.because === undefined);
    const has = (status: Result['status']) => own.some(([, result]) => result.status === status);
    const listed = included.filter(([, { check, isQuiet }]) => !isQuiet || !check.ok);
    return {
      status: has('down') ? 'fail' : has('degraded') ? 'degraded' : 'ok',
      checks: Object.fromEntries(listed.map(([name, { check }]) => [name, check])),
    };
  }

  async #results(checks: readonly HealthCheck[]): Promise<ReadonlyMap<string, Result>> {
    const { details } = await this.#ofTerminus(checks);
    const found = new Map<string, Result>();
    for (const { name, isQuiet = false, dependsOn } of checks) {
      const { status = 'down', ...data } = details[name] ?? {};
      const check = data as unknown as Check;
      const because = !check.ok && dependsOn?.explains(check) ? dependsOn.name : undefined;
      const isCaused = because !== undefined && found.get(because)?.check.ok === false;
      found.set(name, { status, isQuiet, check: isCaused ? { ...check, because } : check });
    }
    return found;
  }

  /** Terminus answers a failure by throwing; here it is an answer like any other. */
  async #ofTerminus(checks: readonly HealthCheck[]): Promise<HealthCheckResult> {
    try {
      return await this.terminus.check(checks.map((check) => () => check.check()));
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return error.getResponse() as HealthCheckResult;
    }
  }
}

interface Result {
  readonly status: 'up' | 'degraded' | 'down';
  readonly isQuiet: boolean;
  readonly check: Check;
}
