import type { Readable } from 'node:stream';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import { RELEASE, type Release } from '@holdfast/core/release';
import { Checks } from '../health/checks.js';
import { HealthService } from '../health/health.service.js';
import { ReadinessWatch } from '../health/readiness-watch.js';
import { Lifecycle } from '../lifecycle.js';
import type { EventStreams } from './event-streams.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { PoolHistory } from './pool-history.js';
import { StartRecord } from './start-record.js';
import type { Status } from './status.js';

/** Gathers what the page says, from what the process knows anyway. */
@Injectable()
export class StatusSource implements OnApplicationShutdown {
  readonly #startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  #streams: EventStreams | undefined;

  constructor(
    private readonly health: HealthService,
    private readonly checks: Checks,
    private readonly watch: ReadinessWatch,
    private readonly loads: PoolHistory,
    private readonly requests: RequestMetrics,
    private readonly startRecord: StartRecord,
    private readonly lifecycle: Lifecycle,
    @Inject(RELEASE) private readonly release: Release,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** The file with a section for each code; undefined where the release has none. */
  get runbook(): string | undefined {
    return this.release.runbook;
  }

  get hasRunbook(): boolean {
    return this.runbook !== undefined;
  }

  async read(): Promise<Status> {
    const [{ statusOf }, health] = await Promise.all([
      import('./status.js'),
      this.health.overview(),
    ]);
    return statusOf({
      health,
      draining: this.health.isDraining,
      startedAt: this.#startedAt,
      release: this.release,
      checkNames: this.checks.used.map(({ name }) => name),
      pools: this.health.pools().map((pool) => ({ ...pool, load: this.loads.of(pool.name) })),
      problems: this.requests.recent.read(Date.now()),
      sinceStart: this.startRecord.since,
      transitionsOf: (check) => this.watch.transitions.of(check),
    });
  }

  /** Events for one page that is open. */
  async open(): Promise<Readable> {
    const { EventStreams } = await import('./event-streams.js');
    this.#streams ??= new EventStreams(
      () => this.read(),
      this.hasRunbook,
      this.lifecycle.draining,
      this.log,
    );
    return this.#streams.open();
  }

  onApplicationShutdown(): void {
    this.#streams?.close();
  }
}
