import { expect, it } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { INGEST_PASSWORD } from '../support/media/open-slot.js';
import { environmentOf } from '../support/migrations.js';
import { everyRequest } from '../support/routes/every-request.js';
import { startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

interface Overview {
  readonly migrations: {
    readonly stores: Readonly<Record<string, { readonly broken_routes?: readonly string[] }>>;
  };
}

async function running() {
  const database = await createDatabase();
  later(() => database.drop());
  const service = await startService({
    ...environmentOf(database.url),
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: temporaryFolder(),
    MEDIA_ROOT_DURABLE: 'true',
    INGEST_PASSWORD,
    OPS_ACCESS: 'open',
  });
  later(() => service.stop('SIGKILL'));
  return { database, service };
}

/** Says, as a migrator of a later build does, that the builds before it can go on. */
const LATER_BUILD = (store: string) => `INSERT INTO holdfast_migrations
  (store, version, name, checksum, duration_ms, applied_by, build, backward_compatible)
  VALUES ('${store}', '0999', 'next', 'x', 1, 'a test', '9.9.9', true)`;

it.each([
  ['advisory', 'SCHEMA_FITS_PARTLY', 'ALTER TABLE proposal_records DROP COLUMN advisor_notes'],
  ['advisory', 'SCHEMA_FITS_PARTLY', 'ALTER TABLE proposal_approvals RENAME approved TO granted'],
  ['dpm', 'SCHEMA_FITS_PARTLY', 'ALTER TABLE dpm_workflow_decisions RENAME comment TO remark'],
  ['dpm', 'SCHEMA_INCOMPATIBLE', 'ALTER TABLE dpm_lineage_edges DROP COLUMN metadata'],
  ['dpm', 'SCHEMA_FITS_PARTLY', 'ALTER TABLE dpm_async_operations RENAME started_at TO began_at'],
  ['policy_packs', 'SCHEMA_INCOMPATIBLE', 'ALTER TABLE policy_packs DROP COLUMN entity_tag'],
  ['media', 'SCHEMA_FITS_PARTLY', 'ALTER TABLE slot_template_media DROP COLUMN media_kind'],
  ['media', 'SCHEMA_INCOMPATIBLE', 'ALTER TABLE job_history RENAME provider TO driver'],
])('%s, %s after %s: the routes that fail are named, and no others', async (store, code, sql) => {
  const { database, service } = await running();
  const { requests } = await everyRequest(service.url);
  await database.query(code === 'SCHEMA_FITS_PARTLY' ? `${sql}; ${LATER_BUILD(store)}` : sql);
  const named = await eventually(async () => {
    const ready = await (await fetch(`${service.url}/health/ready`)).json();
    expect(ready).toMatchObject({ checks: { migrations: { ok: false, code } } });
    const overview = (await (await fetch(`${service.url}/health`)).json()) as Overview;
    const routes = overview.migrations.stores[store]?.broken_routes ?? [];
    expect(routes).not.toEqual([]);
    return routes;
  });
  const failing = new Set<string>();
  for (const { route, path, init } of requests) {
    const answer = await fetch(service.url + path, init);
    await answer.arrayBuffer();
    if (answer.status >= 500) failing.add(route);
  }
  expect([...failing].toSorted()).toEqual(named);
});
