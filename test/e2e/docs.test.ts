import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { type Service, startService } from '../support/service.js';

interface Operation {
  readonly summary?: string;
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
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** With every route of every store. */
const EVERYTHING = { DPM_POLICY_PACKS_ENABLED: 'true', DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true' };

/** Answers that have no body. */
const EMPTY = ['204', '304'];

describe('/docs-json', () => {
  let service: Service;
  let document: Document;
  beforeAll(async () => {
    service = await startService({ PROPOSAL_STORE_BACKEND: 'IN_MEMORY', ...EVERYTHING });
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
    const debugging = await startService({ LOG_LEVEL: 'debug', ...EVERYTHING });
    await debugging.stop();
    const mapped = [...debugging.output().matchAll(/Mapped \{([^,]+), (\w+)\} route/g)]
      .map(([, path = '', method = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => route !== 'GET /docs/{asset}');
    const documented = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(mapped.length).toBeGreaterThan(20);
    expect(documented.sort()).toEqual(mapped.sort());
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
