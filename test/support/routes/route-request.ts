/** A request that is ready to be sent, on what was made for it. */
export interface RouteRequest {
  /** As in the description of the service: `GET /rebalance/runs/{rebalance_run_id}`. */
  readonly route: string;
  readonly path: string;
  readonly init: RequestInit;
}

/** The part of an OpenAPI description that says which requests there can be. */
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedRoute>>>>;
}

export interface DescribedRoute {
  readonly parameters?: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: { readonly type?: string; readonly enum?: readonly string[] };
}

export async function describedBy(url: string): Promise<Described> {
  return (await (await fetch(`${url}/docs-json`)).json()) as Described;
}

/** What belongs to a store: not what the platform answers by itself, and no page. */
const OF_STORES = /^\/(?:rebalance|public|api(?!\/ready|\/version|\/v1\/))\//;

/** `GET /rebalance/runs` */
export function storeRoutes({ paths }: Described): readonly string[] {
  return Object.entries(paths)
    .filter(([path]) => OF_STORES.test(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
}

/** Which route a request is for. @throws Error where there is none */
export function routeOf(routes: readonly string[], method: string, path: string): string {
  const bare = path.replace(/\?.*/, '');
  const found = routes
    .filter((route) => {
      const [verb, pattern = ''] = route.split(' ');
      const expression = pattern.replaceAll(/\{\w+\}/g, '[^/]+');
      return verb === method && new RegExp(`^${expression}$`).test(bare);
    })
    // Literal parts come before parameters.
    .toSorted((one, other) => one.split('{').length - other.split('{').length);
  if (found[0] === undefined) throw new Error(`${method} ${path} is no route of a store`);
  return found[0];
}
