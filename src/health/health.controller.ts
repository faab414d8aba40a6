import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Operation } from '../http/operation.js';
import { release } from '../release.js';
import * as examples from './health.examples.js';
import { HealthService } from './health.service.js';
import { MigrationStatusReader } from './migration-status.js';
import * as wire from './health.wire.js';

const NO_STORE = ['Cache-Control', 'no-store'] as const;
const LIVE = { status: 'ok' } as const;

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly migrationStatus: MigrationStatusReader,
  ) {}

  @Get(['health/live', 'livez'])
  @Header(...NO_STORE)
  @Operation({
    summary: 'Liveness: the process serves; touches no dependency',
    returns: { 200: { description: 'Alive.', schema: wire.LiveBody, example: LIVE } },
  })
  live() {
    return LIVE;
  }

  @Get(['health/ready', 'readyz', 'healthz', 'api/ready'])
  @Header(...NO_STORE)
  @Operation({
    summary: 'Readiness: whether to send requests here',
    returns: {
      200: { description: 'ok or degraded.', schema: wire.ReadyBody, example: examples.ready },
      503: { description: 'fail.', schema: wire.ReadyBody, example: examples.notReady },
    },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.health.readiness();
    if (body.status === 'fail') void reply.status(503);
    return body;
  }

  @Get('health/startup')
  @Header(...NO_STORE)
  @Operation({
    summary: 'Start-up: whether verification has passed',
    returns: {
      200: { description: 'Passed.', schema: wire.StartupBody, example: LIVE },
      503: {
        description: 'Not yet.',
        schema: wire.StartupBody,
        example: { status: 'starting' },
      },
    },
  })
  startup(@Res({ passthrough: true }) reply: FastifyReply) {
    if (this.health.isStarted) return LIVE;
    void reply.status(503);
    return { status: 'starting' };
  }

  @Get('health/pool')
  @Header(...NO_STORE)
  @Operation({
    summary: 'Connection pools, one entry per database',
    returns: {
      200: { description: 'Statistics.', schema: wire.PoolsBody, example: examples.pools },
    },
  })
  pool() {
    return { pools: this.health.pools() };
  }

  @Get('health/migrations')
  @Header(...NO_STORE)
  @Operation({
    summary: 'Migrations, one entry per store',
    returns: {
      200: { description: 'Status.', schema: wire.MigrationsBody, example: examples.migrations },
    },
  })
  async migrations() {
    return this.migrationStatus.read();
  }

  @Get('health')
  @Header(...NO_STORE)
  @Operation({
    summary: 'The whole picture',
    returns: {
      200: {
        description: 'ok or degraded.',
        schema: wire.OverviewBody,
        example: examples.overview,
      },
      503: { description: 'fail.', schema: wire.OverviewBody, example: examples.overview },
    },
  })
  async overview(@Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.health.overview();
    if (body.status === 'fail') void reply.status(503);
    return body;
  }

  @Get(['version', 'api/version'])
  @Header(...NO_STORE)
  @Operation({
    summary: 'What runs here',
    returns: { 200: { description: 'The build.', schema: wire.VersionBody, example: release } },
  })
  version() {
    return release;
  }

  @Get('api/v1/diagnostics')
  @Header(...NO_STORE)
  @Operation({
    summary: 'Storage backends, and a real write that is rolled back',
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
}
