import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storeLargest, type Stored } from '../support/largest-records.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

const LIMIT_BYTES = 2 * 1024 * 1024;

/** More pages than any of the lists has. */
const MOST_PAGES = 50;

type Body = Readonly<Record<string, unknown>> & {
  readonly items?: readonly unknown[];
  readonly next_cursor?: string | null;
};

describe.each(['SQLite', 'PostgreSQL'])('whatever is stored on %s', (backend) => {
  let database: TestDatabase | undefined;
  let service: Service;
  let stored: Stored;
  let paths: readonly string[];

  beforeAll(async () => {
    if (backend === 'PostgreSQL') database = await createDatabase();
    service = await startService(
      {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        DPM_POLICY_PACKS_ENABLED: 'true',
        DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
        ...(database && {
          DB_TYPE: 'postgresql',
          DATABASE_URL: database.url,
          MIGRATE_ON_START: 'true',
        }),
      },
      workingFolder(),
    );
    stored = await storeLargest(service.url);
    const { body } = await get('/docs-json');
    const described = body.paths as Readonly<Record<string, object>>;
    paths = Object.keys(described).filter((path) => 'get' in (described[path] ?? {}));
  }, 120_000);
  afterAll(async () => {
    await service.stop('SIGKILL');
    await database?.drop();
  });

  async function get(path: string): Promise<{ bytes: number; body: Body }> {
    const response = await fetch(service.url + path);
    const content = Buffer.from(await response.arrayBuffer());
    expect([path, response.status]).toEqual([path, 200]);
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { bytes: content.length, body: (isJson ? JSON.parse(content.toString()) : {}) as Body };
  }

  function filled(path: string): string {
    const named = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(stored.names[name] ?? ''),
    );
    if (path.endsWith('/effective')) return `${named}?portfolio_id=portfolio&tenant_id=tenant`;
    if (path.endsWith('/walk') || path.endsWith('/lineage/{entity_id}'))
      return `${named}?limit=1000`;
    return `${named}?`;
  }

  it('every answer is under 2 MiB, and its pages give each record once', async () => {
    const counts: Record<string, number> = {};
    const pages: Record<string, number> = {};
    const large: [string, number][] = [];
    for (const path of paths) {
      const items: unknown[] = [];
      let cursor: string | null | undefined = '';
      for (let page = 1; typeof cursor === 'string' && page < MOST_PAGES; page += 1) {
        const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const { bytes, body } = await get(`${filled(path)}${at}`);
        if (bytes >= LIMIT_BYTES) large.push([path, bytes]);
        items.push(...(body.items ?? []));
        cursor = body.next_cursor;
        if (cursor !== undefined) pages[path] = page;
      }
      if (cursor === undefined) continue;
      counts[path] = items.length;
      expect([path, new Set(items.map((item) => JSON.stringify(item))).size]).toEqual([
        path,
        items.length,
      ]);
    }
    expect(large).toEqual([]);
    expect(counts).toEqual(stored.counts);
    const cut = Object.keys(pages).filter((path) => (pages[path] ?? 0) > 1);
    expect(cut.toSorted()).toEqual([
      '/rebalance/lineage/{entity_id}',
      '/rebalance/operations',
      '/rebalance/policies/catalog',
      '/rebalance/proposals',
      '/rebalance/proposals/{proposal_id}/approvals',
      '/rebalance/proposals/{proposal_id}/events',
      '/rebalance/runs/{rebalance_run_id}/workflow/decisions',
      '/rebalance/workflow/decisions',
    ]);
  }, 120_000);

  it('an answer that leaves something out says so', async () => {
    const { body: bundle } = await get(
      `/rebalance/runs/${encodeURIComponent(stored.names.rebalance_run_id ?? '')}/support-bundle`,
    );
    expect(bundle).toMatchObject({
      workflow: { workflow_status: 'PENDING_REVIEW', truncated: true },
      lineage: { truncated: true },
      operations: { truncated: true },
      idempotency_truncated: false,
    });
    expect(bundle.artifact).not.toHaveProperty('result');
    const walk = await get(filled('/rebalance/lineage/{entity_id}/walk'));
    expect(walk.body.truncated).toBe(true);
    const { body } = await get(filled('/rebalance/policies/effective'));
    expect(body.field_sources_truncated).toBe(true);
  });

  it('the parts of a record have a limit and a cursor of their own', async () => {
    const events = `/rebalance/proposals/${stored.names.proposal_id}/events`;
    const { body: first } = await get(`${events}?limit=1`);
    const { body: second } = await get(`${events}?limit=1&cursor=${first.next_cursor}`);
    expect([...(first.items ?? []), ...(second.items ?? [])]).toMatchObject([
      { sequence_no: 1 },
      { sequence_no: 2 },
    ]);
    for (const query of ['limit=0', 'limit=1001', 'cursor=!']) {
      expect((await fetch(`${service.url}${events}?${query}`)).status).toBe(
        query.startsWith('limit') ? 422 : 400,
      );
    }
  });
});
