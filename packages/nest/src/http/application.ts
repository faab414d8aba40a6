import type { Server } from 'node:http';
import type { DynamicModule, INestApplication, NestApplicationOptions } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import type { Log } from '@holdfast/core/log';
import type { Release } from '@holdfast/core/release';
import type { Settings } from '@holdfast/guard/settings';
import { type Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import { CALLER_GATE, type CallerGate } from '../auth/caller-gate.js';
import { CALLER_SLOTS, type CallerSlots } from '../auth/caller-slots.js';
import { Lifecycle } from '../lifecycle.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { NestLog } from '../nest-log.js';
import { ReasonError } from '../reasons.js';
import { Connections } from './connections.js';
import { platformOf } from './platform.js';
import { ProblemFilter } from './problem.filter.js';
import { SchemaPipe } from './schema.pipe.js';
import { ServingModule } from './serving.module.js';

/** What Nest serves with: `@nestjs/platform-fastify` or `@nestjs/platform-express`, which has to be installed. */
export type HttpFramework = 'fastify' | 'express';

/**
 * The whole HTTP application, not yet listening. Rejects with what opening a database throws.
 * @param content what is served
 */
export async function createApplication(
  content: DynamicModule,
  settings: Settings,
  release: Release,
  log: Log,
  framework: HttpFramework = 'fastify',
): Promise<INestApplication<Server>> {
  const metrics = new RequestMetrics();
  const filter = new ProblemFilter(log, metrics);
  const connections = new Connections();
  const adapter = await adapterOf(framework, settings, connections, filter, metrics);
  const module = ServingModule.register(content, { connections, metrics, release, log });
  const nest: NestApplicationOptions = {
    logger: new NestLog(log),
    abortOnError: false,
    bodyParser: false,
  };
  const app = await NestFactory.create<INestApplication<Server>>(module, adapter, nest);
  app.useGlobalFilters(filter);
  app.useGlobalPipes(new SchemaPipe());
  connections.watch(app.getHttpServer());
  const replication = app.get<Replication | null>(REPLICATION);
  const gate = app.get<CallerGate | null>(CALLER_GATE);
  const slots = app.get<CallerSlots | null>(CALLER_SLOTS);
  const lifecycle = app.get(Lifecycle);
  const edge = { settings, lifecycle, connections, log, metrics, replication, gate, slots };
  const platform = platformOf(adapter);
  platform.watchRequests(edge);
  platform.judgeRequests(edge, app.getHttpServer());
  await app.init();
  return app;
}

/** Loads only the framework that serves. */
async function adapterOf(
  framework: HttpFramework,
  settings: Settings,
  connections: Connections,
  filter: ProblemFilter,
  metrics: RequestMetrics,
): Promise<AbstractHttpAdapter> {
  if (framework === 'express') {
    const { createAdapter } = await import('./express/express-adapter.js').catch(nameMissing);
    return createAdapter(settings, connections, metrics);
  }
  const { createAdapter } = await import('./fastify/fastify-adapter.js').catch(nameMissing);
  return createAdapter(settings, connections, filter, metrics);
}

/** @throws HTTP_FRAMEWORK_MISSING where that is why a module cannot be loaded */
function nameMissing(error: unknown): never {
  const [, name] = /Cannot find package '(@nestjs\/platform-\w+)'/.exec(String(error)) ?? [];
  if (name === undefined) throw error;
  const detail = `${name} is not installed`;
  throw new ReasonError('HTTP_FRAMEWORK_MISSING', { detail, cause: error });
}
