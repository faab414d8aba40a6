import { Logger, SetMetadata } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Metadata: the paths of a method that is a plain route. */
export const PLAIN_PATHS = 'holdfast:plain-paths';

/** Answers by itself, later or at once. What it throws is answered like any other error. */
export type PlainHandler = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * A GET route of Fastify's own, for what is asked very often: Nest's parameters, pipes and
 * interceptors do not apply, and its log lines carry no correlation id. It is described like the
 * others.
 */
export const PlainGet = (paths: readonly string[]) => SetMetadata(PLAIN_PATHS, paths);

/** Adds the plain routes of a controller; before the application listens. */
export function addPlainRoutes(fastify: FastifyInstance, controller: object): void {
  const log = new Logger('PlainRoutes');
  const prototype = Object.getPrototypeOf(controller) as Readonly<Record<string, unknown>>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const handler = prototype[name];
    if (name === 'constructor' || typeof handler !== 'function') continue;
    const paths = (Reflect.getMetadata(PLAIN_PATHS, handler) ?? []) as readonly string[];
    const answer = (handler as PlainHandler).bind(controller);
    for (const path of paths) {
      fastify.get(`/${path}`, { config: { isPlain: true } }, answer);
      log.log(`Mapped {/${path}, GET} route`);
    }
  }
}

export function isPlain(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { readonly isPlain?: boolean }).isPlain === true;
}
