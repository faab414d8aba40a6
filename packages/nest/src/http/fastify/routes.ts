import type { FastifyInstance } from 'fastify';
import { type Access, accessOfConfig } from '../../auth/access.js';

type Segments = readonly string[];

interface Route {
  readonly method: string;
  readonly segments: Segments;
  readonly access: Access | undefined;
}

/** Which methods each path takes; what `Allow` says. */
export class Routes {
  readonly #routes: Route[] = [];

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url, config = {} }) => {
      for (const each of [method].flat()) {
        const access = accessOfConfig(config);
        this.#routes.push({ method: each.toUpperCase(), segments: url.split('/'), access });
      }
    });
  }

  /**
   * In alphabetical order; empty where there is no such path.
   * @param isThere whether a route is there for who asks
   */
  methodsOf(path: string, isThere: (access: Access | undefined) => boolean): readonly string[] {
    const segments = path.split('/').map(decoded);
    const methods = this.#routes
      .filter((route) => fits(route.segments, segments) && isThere(route.access))
      .map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function fits(pattern: Segments, segments: Segments): boolean {
  const last = pattern.length - 1;
  const isOpen = pattern[last] === '*';
  if (isOpen ? segments.length <= last : segments.length !== pattern.length) return false;
  return pattern.every((part, at) => {
    if (part === '*') return at === last;
    return part.startsWith(':') ? segments[at] !== '' : part === segments[at];
  });
}

/** What cannot be decoded fits no pattern but a parameter. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
