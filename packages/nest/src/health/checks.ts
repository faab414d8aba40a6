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

/** Told what all checks say, each time that they have been asked. */
export type Listener = (verdict: Verdict) => void;

/** Asks the checks, all or some, and judges what they say together. */
@Injectable()
export class Checks implements OnModuleInit {
  #used: readonly HealthCheck[] = [];
  #asking: Promise<Verdict> | undefined;
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

  /** Every check. Who asks while they are being asked gets that answer: there is one at a time, in order. */
  ask(): Promise<Verdict> {
    return (this.#asking ??= this.#gather(this.used).finally(() => {
      this.#asking = undefined;
    }));
  }

  /** Every check but these, and but what fails only because of them. */
  async askWithout(names: readonly string[]): Promise<Verdict> {
    return this.#judge(await this.#results(this.used), (name) => !names.includes(name));
  }

  /** One check, which fails or does not, whether the service could go on without it or not. */
  async askOne(name: string): Promise<Verdict | undefined> {
    const asked = this.used.find((check) => check.name === name);
    if (!asked) return undefined;
    const wanted = [name, asked.dependsOn?.name];
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

  #judge(found: ReadonlyMap<string, Result>, isAsked: (name: string) => boolean): Verdict {
    const asked = [...found].filter(([name]) => isAsked(name));
    // What fails because of another adds nothing to that one, and is no fault where that is left out.
    const own = asked.filter(([, { check }]) => check.because === undefined);
    const has = (status: Result['status']) => own.some(([, result]) => result.status === status);
    const told = asked.filter(([, { check, isQuiet }]) => !isQuiet || !check.ok);
    return {
      status: has('down') ? 'fail' : has('degraded') ? 'degraded' : 'ok',
      checks: Object.fromEntries(told.map(([name, { check }]) => [name, check])),
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
