import { Controller, Get, Header, Inject, type OnModuleInit, Param, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { z } from 'zod';
import { ForOperators, Probe } from '../auth/access.js';
import { Operation } from '../http/operation.js';
import type { HttpReply } from '../http/http-reply.js';
import { addPlainRoutes, type PlainAnswer, PlainGet } from '../http/plain-route.js';
import { platformOf } from '../http/platform.js';
import { ReasonError } from '../reasons.js';
import { RELEASE, type Release } from '@holdfast/core/release';
import { CHECK_NAMES } from './health-check.js';
import * as examples from './health.examples.js';
import { HealthService } from './health.service.js';
import { MigrationStatusReader } from './migration-status.js';
import * as wire from './health.wire.js';
import { ReadyAnswer } from './ready-answer.js';

const NO_STORE = ['Cache-Control', 'no-store'] as const;
const LIVE = { status: 'ok' } as const;
const LIVE_ANSWER: PlainAnswer = { status: 200, body: JSON.stringify(LIVE) };

@Controller()
export class HealthController implements OnModuleInit {
  #readyQuery = wire.ReadyQuery;

  constructor(
    private readonly health: HealthService,
    private readonly migrationStatus: MigrationStatusReader,
    private readonly readyAnswer: ReadyAnswer,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(RELEASE) private readonly release: Release,
  ) {}

  onModuleInit(): void {
    this.#readyQuery = wire.readyQueryOf(this.health.checkNames);
    const { httpAdapter } = this.adapterHost as Partial<HttpAdapterHost>;
    if (httpAdapter) addPlainRoutes(platformOf(httpAdapter), this);
  }

  @PlainGet(['health/live', 'livez'])
  @Probe()
  @Operation({
    summary: 'Liveness: the process serves; touches no dependency',
    description:
      'For a liveness probe: 200 for as long as the process answers at all, whatever its databases do.',
    returns: { 200: { description: 'Alive.', schema: wire.LiveBody, example: LIVE } },
  })
  live(): PlainAnswer {
    return LIVE_ANSWER;
  }

  @PlainGet(['health/ready', 'readyz', 'healthz', 'api/ready'])
  @Probe()
  @Operation({
    summary: 'Readiness: whether to send requests here',
    description:
      'For a load balancer: 503 with the failing check and its code, and while the service drains.',
    returns: {
      200: { description: 'ok or degraded.', schema: wire.ReadyBody, example: examples.ready },
      503: { description: 'fail.', schema: wire.ReadyBody, example: examples.notReady },
    },
    query: wire.ReadyQuery,
    errors: ['VALIDATION_FAILED'],
  })
  ready(query: unknown): PlainAnswer | Promise<PlainAnswer> {
    return this.readyAnswer.give(this.#excludedBy(query));
  }

  @Get(['health/ready/:check', 'readyz/:check', 'healthz/:check', 'api/ready/:check'])
  @Probe()
  @Header(...NO_STORE)
  @Operation({
    summary: 'Readiness: one check alone',
    description: `503 when it fails, also where the service would go on without it, and while the service drains. Checks are ${CHECK_NAMES.join(', ')}; one that this process does not have is unknown.`,
    returns: {
      200: { description: 'ok.', schema: wire.ReadyBody, example: examples.readyAlone },
      503: { description: 'fail.', schema: wire.ReadyBody, example: examples.notReadyAlone },
    },
    errors: ['HEALTH_CHECK_UNKNOWN'],
  })
  async readyAlone(
    @Param({ schema: wire.CheckPath }) path: z.output<typeof wire.CheckPath>,
    @Res({ passthrough: true }) reply: HttpReply,
  ) {
    const body = await this.health.readinessOf(path.check);
    if (body.status === 'fail') reply.status(503);
    return body;
  }

  @Get('health/startup')
  @Probe()
  @Header(...NO_STORE)
  @Operation({
    summary: 'Start-up: whether verification has passed',
    description:
      'For a startup probe: 503 until every database has been verified, then 200 for good.',
    returns: {
      200: { description: 'Passed.', schema: wire.StartupBody, example: LIVE },
      503: {
        description: 'Not yet.',
        schema: wire.StartupBody,
        example: { status: 'starting' },
      },
    },
  })
  startup(@Res({ passthrough: true }) reply: HttpReply) {
    if (this.health.isStarted) return LIVE;
    reply.status(503);
    return { status: 'starting' };
  }

  @Get('health/pool')
  @ForOperators()
  @Header(...NO_STORE)
  @Operation({
    summary: 'Connection pools, one entry per database',
    description:
      'How many connections are lent, idle and waited for, and how long a checkout takes.',
    returns: {
      200: { description: 'Statistics.', schema: wire.PoolsBody, example: examples.pools },
    },
  })
  pool() {
    return { pools: this.health.pools() };
  }

  @Get('health/migrations')
  @ForOperators()
  @Header(...NO_STORE)
  @Operation({
    summary: 'Migrations, one entry per store',
    description: 'What is applied, pending, ahead of this build or edited since.',
    returns: {
      200: { description: 'Status.', schema: wire.MigrationsBody, example: examples.migrations },
    },
  })
  async migrations() {
    return this.migrationStatus.read();
  }

  @Get('health')
  @ForOperators()
  @Header(...NO_STORE)
  @Operation({
    summary: 'The whole picture',
    description:
      'For on-call: every check with its fix and its section of the runbook, stores, pools and migrations.',
    returns: {
      200: {
        description: 'ok or degraded.',
        schema: wire.OverviewBody,
        example: examples.overview,
      },
      503: { description: 'fail.', schema: wire.OverviewBody, example: examples.overview },
    },
  })
  async overview(@Res({ passthrough: true }) reply: HttpReply) {
    const body = await this.health.overview();
    if (body.status === 'fail') reply.status(503);
    return body;
  }

  @Get(['version', 'api/version'])
  @Probe()
  @Header(...NO_STORE)
  @Operation({
    summary: 'What runs here',
    description: 'Name, version and commit of the build, and the Node that runs it.',
    returns: {
      200: { description: 'The build.', schema: wire.VersionBody, example: examples.release },
    },
  })
  version() {
    const { name, version, commit, node } = this.release;
    return { name, version, commit, node };
  }

  @Get('api/v1/diagnostics')
  @ForOperators()
  @Header(...NO_STORE)
  @Operation({
    summary: 'Storage backends, and a real write that is rolled back',
    description:
      'Writes to every database inside a transaction that is rolled back, and says whether each took it.',
    returns: {
      200: {
        description: 'Whether every database takes writes.',
        schema: wire.DiagnosticsBody,
        example: examples.diagnostics,
      },
    },
  })
  async diagnostics() {
    return this.health.diagnostics();
  }

  /** @throws VALIDATION_FAILED for what is no check */
  #excludedBy(query: unknown): readonly string[] {
    const { data, error } = this.#readyQuery.safeParse(query);
    if (data) return data.exclude;
    const errors = error.issues.map(({ message }) => ({ path: 'exclude', message }));
    throw new ReasonError('VALIDATION_FAILED', { errors });
  }
}
