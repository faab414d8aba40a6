import type { FastifyInstance } from 'fastify';

type Segments = readonly string[];

/** Which methods each path takes; what `Allow` says. */
export class Routes {
  readonly #routes: { readonly method: string; readonly segments: Segments }[] = [];

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) {
        this.#routes.push({ method: each.toUpperCase(), segments: url.split('/') });
      }
    });
  }

  /** In alphabetical order; empty where there is no such path. */
  methodsOf(path: string): readonly string[] {
    const segments = path.split('/').map(decoded);
    const methods = this.#routes
      .filter((route) => fits(route.segments, segments))
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
