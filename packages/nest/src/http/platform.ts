import type { Server } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { Replication } from '@holdfast/postgres/replicas/replication';
import type { CallerGate } from '../auth/caller-gate.js';
import type { CallerSlots } from '../auth/caller-slots.js';
import type { Lifecycle } from '../lifecycle.js';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import type { Connections } from './connections.js';
import { ExpressPlatform } from './express/express-platform.js';
import { FastifyPlatform } from './fastify/fastify-platform.js';
import type { PlainHandler } from './plain-route.js';

/** What is done with the requests of a process works with these. */
export interface Edge {
  readonly settings: Settings;
  readonly lifecycle: Lifecycle;
  readonly connections: Connections;
  readonly log: Log;
  readonly metrics: RequestMetrics;
  /** Null where everybody is let in everywhere, and as often as they like. */
  readonly gate: CallerGate | null;
  /** Null where a caller may have any number of requests at once. */
  readonly slots: CallerSlots | null;
  /** Null without read replicas. */
  readonly replication: Replication | null;
  /** Whether the framework numbers its requests in a way of its own, and does not take their ids. */
  readonly areUnnamed?: boolean;
}

/** Fastify or Express, as far as they differ for this package. Everything is called before the port opens. */
export interface HttpPlatform {
  /** Each request has an id, bounds and a line in the log; before any route is registered. */
  watchRequests(edge: Edge): void;
  /** Bodies, and what Node would answer by itself, are judged by the rules of this package. */
  judgeRequests(edge: Edge, server: Server): void;
  /** A GET route of the framework's own. */
  addPlainRoute(path: string, handler: PlainHandler): void;
  /** Routes at these paths take forms of pages, too. */
  acceptForms(paths: readonly string[]): void;
  /**
   * Routes of these patterns take bodies of `multipart/form-data`, and no other does. Their handlers read what comes,
   * after `takeBody`, and bound it.
   */
  acceptMultipart(patterns: readonly string[]): void;
  /** Answers requests of some routes with a code before anything of them is read. */
  closeRoutes(code: ReasonCode, closed: (method: string, pattern: string) => boolean): void;
}

/** What `HttpAdapterHost` gives. @throws TypeError for a framework that is neither */
export function platformOf(adapter: AbstractHttpAdapter): HttpPlatform {
  const type = adapter.getType();
  if (type === 'fastify') return new FastifyPlatform(adapter.getInstance());
  if (type === 'express') return new ExpressPlatform(adapter.getInstance());
  throw new TypeError(`${type} is neither fastify nor express`);
}
