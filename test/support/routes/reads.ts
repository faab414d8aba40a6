import type { Described, Parameter, RouteRequest } from './route-request.js';

/** What path parameters and filters stand for. */
export type Samples = Readonly<Record<string, string>>;

/** Every read of the described routes: each subset of its filters, with and without a cursor. */
export async function reads(
  url: string,
  { paths }: Described,
  routes: readonly string[],
  samples: Samples,
): Promise<readonly RouteRequest[]> {
  const requests: RouteRequest[] = [];
  for (const route of routes) {
    const [method, pattern = ''] = route.split(' ');
    if (method !== 'GET') continue;
    const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(sampleOf(samples, name, route)),
    );
    const parameters = paths[pattern]?.get?.parameters ?? [];
    const queries = subsets(
      parameters.filter(({ in: place, name }) => place === 'query' && !PAGING.has(name)),
    ).map((chosen) => queryOf(chosen.map((each) => [each.name, valueOf(each, samples)])));
    for (const query of queries) {
      requests.push({ route, path: `${path}?${query.toString()}`, init: {} });
      if (!parameters.some(({ name }) => name === 'cursor')) continue;
      const next = await secondPage(url, path, query);
      if (next) requests.push({ route, path: next, init: {} });
    }
  }
  return requests;
}

const PAGING = new Set(['limit', 'cursor']);

async function secondPage(
  url: string,
  path: string,
  query: URLSearchParams,
): Promise<string | undefined> {
  const first = queryOf([...query, ['limit', '1']]);
  const answer = await fetch(`${url}${path}?${first.toString()}`);
  const { next_cursor: cursor } = (await answer.json()) as { next_cursor?: string | null };
  if (!cursor) return undefined;
  return `${path}?${queryOf([...query, ['limit', '1'], ['cursor', cursor]]).toString()}`;
}

/** In order; later ones of a name are added. */
function queryOf(entries: readonly (readonly [name: string, value: string])[]): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of entries) query.append(name, value);
  return query;
}

function valueOf({ name, schema }: Parameter, samples: Samples): string {
  return samples[name] ?? schema.enum?.[0] ?? (schema.type === 'integer' ? '5' : name);
}

function sampleOf(samples: Samples, name: string, route: string): string {
  const value = samples[name];
  if (value === undefined) throw new Error(`no sample of ${name}, for ${route}`);
  return value;
}

function subsets<T>(all: readonly T[]): readonly (readonly T[])[] {
  return all.reduce<readonly (readonly T[])[]>(
    (found, each) => [...found, ...found.map((chosen) => [...chosen, each])],
    [[]],
  );
}
