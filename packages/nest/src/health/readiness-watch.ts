import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Counts } from '@holdfast/core/metric';
import { Lifecycle } from '../lifecycle.js';
import { LOG, type Log } from '@holdfast/core/log';
import type { Verdict } from './checks.js';
import { Checks } from './checks.js';
import { type Change, changesOf, NOTHING_REPORTED, type Reported } from './readiness-changes.js';
import { Transitions } from './transitions.js';

/** A change is logged within that where nothing probes, else with the first answer that shows it. */
const EVERY_MS = 1000;

/** By which the changes of readiness itself are kept beside those of its checks. */
export const READINESS = 'ready';

/** Logs each change of readiness and of its checks once, whether anything probes or not, and keeps the last ones. */
@Injectable()
export class ReadinessWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly readyTransitions = new Counts(['ready', 'not_ready']);
  /** By check; one that fails for another reason than before has failed again. */
  readonly checkFailures = new Counts();
  readonly transitions = new Transitions();
  #reported: Reported = NOTHING_REPORTED;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly checks: Checks,
    private readonly lifecycle: Lifecycle,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.checks.listen((verdict) => {
      this.#logChanges(verdict);
    });
    this.#timer = setInterval(() => void this.#runChecks(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #runChecks(): Promise<void> {
    if (this.lifecycle.phase !== 'serving') return;
    try {
      await this.checks.run();
    } catch (error) {
      this.log.error({ event: 'check.broken', code: 'INTERNAL_ERROR', err: error });
    }
  }

  /** That the service drains is logged elsewhere, and what fails then is no loss. */
  #logChanges(verdict: Verdict): void {
    if (this.lifecycle.phase !== 'serving') return;
    const { changes, reported } = changesOf(this.#reported, verdict, new Date());
    this.#reported = reported;
    for (const { level, fields, message } of changes) {
      this.#count(fields);
      this.#keep(fields);
      const place = this.checks.used.find(({ name }) => name === fields.check)?.place?.();
      this.log[level]({ ...fields, ...(fields.event === 'check.failed' && place) }, message);
    }
  }

  /** What begins to fail is kept with since when it does, each other change with when it was seen. */
  #keep({ event, check = READINESS, code, since }: Change['fields']): void {
    const ok = event === 'check.recovered' || event === 'ready.regained';
    const isGoingOn = this.transitions.of(check).at(-1)?.ok === false;
    const at = ok || isGoingOn ? new Date().toISOString() : String(since);
    this.transitions.add(check, { at, ok, code: ok ? null : String(code) });
  }

  #count({ event, check = '' }: Change['fields']): void {
    if (event === 'check.failed') this.checkFailures.add(check);
    if (event === 'ready.lost') this.readyTransitions.add('not_ready');
    if (event === 'ready.regained') this.readyTransitions.add('ready');
  }
}
