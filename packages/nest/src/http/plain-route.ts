import { Logger, SetMetadata } from '@nestjs/common';
import type { HttpPlatform } from './platform.js';

/** Metadata: the paths of a method that is a plain route. */
export const PLAIN_PATHS = 'holdfast:plain-paths';

/** A status and a body in JSON that no cache may keep. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** What it throws, synchronously or later, is answered like any other error. */
export type PlainHandler = (query: unknown) => PlainAnswer | Promise<PlainAnswer>;

/** The headers of a plain answer. */
export const PLAIN_HEADERS = {
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
} as const;

/**
 * A GET route of the framework's own, for what is requested very often: Nest's parameters, pipes and
 * interceptors do not apply, and under Fastify its log lines carry no correlation id. It is described like
 * the others.
 */
export const PlainGet = (paths: readonly string[]) => SetMetadata(PLAIN_PATHS, paths);

/** Adds the plain routes of a controller; before the application listens. */
export function addPlainRoutes(platform: HttpPlatform, controller: object): void {
  const log = new Logger('PlainRoutes');
  const prototype = Object.getPrototypeOf(controller) as Readonly<Record<string, unknown>>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const handler = prototype[name];
    if (name === 'constructor' || typeof handler !== 'function') continue;
    const paths = (Reflect.getMetadata(PLAIN_PATHS, handler) ?? []) as readonly string[];
    const answer = (handler as PlainHandler).bind(controller);
    for (const path of paths) {
      platform.addPlainRoute(`/${path}`, answer);
      log.log(`Mapped {/${path}, GET} route`);
    }
  }
}
