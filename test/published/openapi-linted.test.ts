import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { everyRoute } from '../support/every-route.js';
import { lintOpenApi } from '../support/openapi-linters.js';
import { type Service, startService } from '../support/service.js';

const { temporaryFolder } = cleanup();

/** Two linters, and once a machine their installation. */
const LINTING_MS = 300_000;

describe('the OpenAPI document of the built service', () => {
  let service: Service;
  let document: Record<string, unknown>;
  beforeAll(async () => {
    service = await startService({
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
      ...(await everyRoute(temporaryFolder())),
    });
    document = (await (await fetch(`${service.url}/docs-json`)).json()) as typeof document;
  });
  afterAll(() => service.stop());

  it(
    'has nothing that spectral or redocly would mend',
    async () => {
      expect(await lintOpenApi(document)).toEqual([]);
    },
    LINTING_MS,
  );

  it(
    'is judged: what either of them knows to be missing is found',
    async () => {
      const { tags: _, ...untagged } = document;
      const findings = await lintOpenApi({ ...untagged, servers: [] });
      expect(findings).toContainEqual(expect.stringMatching(/^spectral operation-tag-defined /));
      expect(findings).toContainEqual(expect.stringMatching(/^redocly no-empty-servers /));
    },
    LINTING_MS,
  );
});
