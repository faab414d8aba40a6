import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { cleanup } from '../support/cleanup.js';
import { everyRoute } from '../support/every-route.js';
import { type Service, startService } from '../support/service.js';
import { bearer, tokenFor } from '../support/tokens.js';

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly 'x-former-paths'?: readonly string[];
  readonly 'x-required-scope'?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Media>> }>
  >;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
}

interface Media {
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: { readonly code: string } }>>;
}

interface Document {
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> };
  readonly info: {
    readonly contact: { readonly name: string };
    readonly license: { readonly identifier: string };
  };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const { temporaryFolder } = cleanup();

/** What browsers send and load on their own. */
const OF_PAGES = [
  ...['GET /', 'GET /docs/{asset}', 'GET /status/events', 'GET /status/runbook/{code}'],
  ...['GET /login', 'POST /login', 'POST /logout'],
];

/** Answers that have no body. */
const EMPTY = ['204', '304', '416'];

describe('/docs-json', () => {
  let service: Service;
  let document: Document;
  beforeAll(async () => {
    service = await startService({
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
      ...(await everyRoute(temporaryFolder())),
    });
    document = (await (await fetch(`${service.url}/docs-json`)).json()) as Document;
  });
  afterAll(() => service.stop());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate({ ...document });
    expect(result).toEqual({ valid: true });
  });

  it('knows every route that Nest has mapped, and no other', async () => {
    const debugging = await startService({
      LOG_LEVEL: 'debug',
      ...(await everyRoute(temporaryFolder())),
    });
    await debugging.stop();
    const mapped = [...debugging.output().matchAll(/Mapped \{([^,]+), (\w+)\} route/g)]
      .map(([, path = '', method = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => !OF_PAGES.includes(route));
    const documented = operations().flatMap(({ path, method, operation }) =>
      [path, ...(operation['x-former-paths'] ?? [])].map(
        (each) => `${method.toUpperCase()} ${each}`,
      ),
    );
    expect(mapped.length).toBeGreaterThan(20);
    expect(documented.sort()).toEqual(mapped.sort());
  });

  it('says whom to ask, under which license, and what each tag and route is', () => {
    expect(document.info.contact.name).toBe('Holdfast maintainers');
    expect(document.info.license.identifier).toBe('MIT');
    const used = new Set(operations().flatMap(({ operation }) => operation.tags));
    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort());
    for (const { description } of [
      ...document.tags,
      ...operations().map(({ operation }) => operation),
    ]) {
      expect(description).toMatch(/\.$/);
    }
  });

  it('says of each route who may ask for it: everybody, or a token with a scope', () => {
    const open = operations().filter(({ operation }) => operation.security.length === 0);
    expect(open.map(({ path }) => path).sort()).toEqual(
      [
        ...['/api/login', '/api/login/refresh', '/api/logout'],
        ...['/api/ingest/{slot_id}', '/public/results/{job_id}', '/public/provider/{name}'],
        '/public/slots/{slot_id}',
        ...['/health/live', '/livez', '/health/startup', '/version', '/api/version'],
        ...['/health/ready', '/readyz', '/healthz', '/api/ready'].flatMap((path) => [
          path,
          `${path}/{check}`,
        ]),
      ].sort(),
    );
    const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };
    expect(document.components.securitySchemes).toMatchObject({ bearerAuth: scheme });
    for (const { operation } of operations().filter((each) => each.operation.security.length > 0)) {
      expect(operation.security).toEqual([{ bearerAuth: [] }]);
      expect(operation['x-required-scope']).toMatch(/^[a-z]+:(read|write|approve|admin)$/);
    }
    const byPath = (path: string) => document.paths[path]?.post?.['x-required-scope'];
    expect(byPath('/rebalance/proposals/{proposal_id}/approvals')).toBe('proposals:approve');
    expect(byPath('/rebalance/runs')).toBe('runs:write');
  });

  it('still answers under the paths that routes had before, as under the new ones', async () => {
    const former = operations().flatMap(({ path, operation }) =>
      (operation['x-former-paths'] ?? []).map((each) => [path, each]),
    );
    expect(former).toHaveLength(5);
    for (const paths of former) {
      const answers = paths.map(async (path) => {
        const url = service.url + path.replaceAll(/\{\w+\}/g, 'none-such');
        const answer = await fetch(url, { headers: bearer(await tokenFor('ada')) });
        const { code } = (await answer.json()) as { code: string };
        return { status: answer.status, code };
      });
      const [now, before] = await Promise.all(answers);
      expect(now?.code).toMatch(/_NOT_FOUND$/);
      expect(now?.code).not.toBe('ROUTE_NOT_FOUND');
      expect(before).toEqual(now);
    }
  });

  it('gives every response a schema and an example, and every body too', () => {
    for (const { operation } of operations()) {
      expect(operation.summary).toBeTruthy();
      const media = [
        ...Object.entries(operation.responses).flatMap(([status, { content }]) => {
          expect([status, content === undefined]).toEqual([status, EMPTY.includes(status)]);
          return Object.values(content ?? {});
        }),
        ...Object.values(operation.requestBody?.content ?? {}),
      ];
      for (const { schema, example, examples } of media) {
        expect(schema).toBeDefined();
        expect(example ?? examples).toBeDefined();
      }
    }
  });

  it('names only codes of the catalogue', () => {
    const codes = operations().flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(({ content }) =>
        Object.values(content?.['application/problem+json']?.examples ?? {}).map(
          ({ value }) => value.code,
        ),
      ),
    );
    expect(codes.length).toBeGreaterThan(50);
    for (const code of codes) expect([...catalogue.keys()]).toContain(code);
  });

  it('has a page whose parts can all be loaded', async () => {
    const page = await (await fetch(`${service.url}/docs`)).text();
    const parts = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, part = '']) => part);
    expect(parts).toHaveLength(4);
    for (const part of parts) {
      const answer = await fetch(`${service.url}${part}`);
      expect(answer.status).toBe(200);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });
});
