import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readRecordedRoutes, type RecordedRoutes } from '@holdfast/migrate/recorded-statements';
import { RouteRecorder } from '@holdfast/testing/route-recorder';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { service } from '../../src/service.js';
import { registeredStores } from '../../src/stores/registry.js';
import { INGEST_PASSWORD } from '../support/media/open-slot.js';
import { startApplication } from '../support/routes/application.js';
import { everyRequest } from '../support/routes/every-request.js';

const succeeded = new Set<string>();
let routes: readonly string[];
let sent: Readonly<Record<string, RecordedRoutes>>;
const root = mkdtempSync(join(tmpdir(), 'holdfast-routes-'));

beforeAll(async () => {
  const database = await createDatabase();
  const application = await startApplication({
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    DB_TYPE: 'postgresql',
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'true',
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: root,
    INGEST_PASSWORD,
    DPM_PURGE_INTERVAL_SECONDS: '0',
    MEDIA_CLEANUP_INTERVAL_SECONDS: '86400',
  });
  const asked = await everyRequest(application.url);
  ({ routes } = asked);
  const recorder = new RouteRecorder(service);
  for (const { route, path, init } of asked.requests) {
    const answer = await recorder.during(route, () => fetch(application.url + path, init));
    await answer.arrayBuffer();
    if (answer.ok) succeeded.add(route);
  }
  if (process.env.RECORD_STATEMENTS) await recorder.write(process.env.RECORD_STATEMENTS);
  sent = await recorder.routes();
  await application.close();
  await database.drop();
}, 300_000);
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** No provider of the tests has files fetched from the service. */
const NOT_SUCCEEDING = ['GET /public/provider/{name}'];

it('every route of a store is asked, and answers', () => {
  expect([...succeeded, ...NOT_SUCCEEDING].toSorted()).toEqual(routes.toSorted());
});

it.each(registeredStores.map(({ name }) => name))(
  'what is recorded of the routes of %s is what they send, no more and no less',
  (store) => {
    const folder = process.env.RECORD_STATEMENTS ?? service.migrations;
    expect(sent[store]).toEqual(readRecordedRoutes(folder, store));
  },
);
