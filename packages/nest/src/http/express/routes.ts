import type { ExpressApp, ExpressRoute, Layer } from './express-types.js';

/** Every route whose pattern a path fits, whatever the method. */
export function routesAt({ router }: ExpressApp, path: string): readonly ExpressRoute[] {
  return router.stack.flatMap((layer) => {
    const { route } = layer;
    return route && route.methods._all !== true && fits(layer, path) ? [route] : [];
  });
}

/** In alphabetical order; empty where there is no such path. */
export function methodsOf(routes: readonly ExpressRoute[]): readonly string[] {
  const methods = routes.flatMap((route) =>
    Object.keys(route.methods).map((each) => each.toUpperCase()),
  );
  // Express answers HEAD by what GET has.
  const all = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return [...new Set(all)].sort();
}

/** What cannot be decoded fits nothing. */
function fits(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
