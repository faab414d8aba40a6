import { EVERY_SCOPE } from '../tokens.js';
import { type AbuseCase, request, rows } from './abuse-case.js';
import { as, type Stage } from './stage.js';

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Those of the document that the process gives, with `x` for each parameter. */
export async function routesOf({ service }: Pick<Stage, 'service'>): Promise<readonly Route[]> {
  const answer = await fetch(`${service.url}/docs-json`, { headers: await as('me', 'ops:read') });
  const { paths } = (await answer.json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'x'),
      })),
  );
}

/** Each route without a token, and with a token for everything but it. */
export function routeCases(routes: readonly Route[]): readonly AbuseCase[] {
  const closed = routes.flatMap(({ method, path }) => {
    const scope = scopeOf({ method, path });
    return scope === null ? [] : [{ method, path, scope }];
  });
  return [
    ...rows(
      'a route without a token',
      closed.map(({ method, path }) => [
        `${method} ${path}`,
        () => request(method, path),
        401,
        'TOKEN_MISSING',
      ]),
    ),
    ...rows(
      'a route without its scope',
      closed.map(({ method, path, scope }) => [
        `${method} ${path}`,
        async () => {
          const others = EVERY_SCOPE.split(' ').filter((each) => each !== scope);
          return request(method, path, await as('me', others.join(' ')));
        },
        403,
        'SCOPE_MISSING',
      ]),
    ),
  ];
}

/** As CONTRACT.md has it; null for everybody. */
export function scopeOf({ method, path }: Route): string | null {
  const isForAll =
    /^\/(health\/(live|ready|startup)|livez|readyz|healthz|version|api\/(ready|version|log(in|out)|refresh))/;
  if (isForAll.test(path)) return null;
  const isRead = method === 'GET';
  if (path.startsWith('/rebalance/proposals')) {
    if (isRead) return 'proposals:read';
    return path.endsWith('/approvals') ? 'proposals:approve' : 'proposals:write';
  }
  if (path.startsWith('/rebalance/policies')) return isRead ? 'policies:read' : 'policies:admin';
  if (path.startsWith('/api/settings')) return 'media:admin';
  if (/^\/api\/(slots|jobs|stats|template-media)\b/.test(path))
    return isRead ? 'media:read' : 'media:admin';
  if (path.startsWith('/rebalance/')) return isRead ? 'runs:read' : 'runs:write';
  return 'ops:read';
}
