import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { bodyOf, HttpClient } from '../support/http-client.js';
import { migrate } from '../support/migrate.js';
import { execute } from '../support/program.js';
import { startService, workingFolder } from '../support/service.js';

const { later } = cleanup();

const TABLES = [
  'slot',
  'job_history',
  'job_key',
  'media_object',
  'slot_template_media',
  'settings',
  'media_request_keys',
];

const ROWS = `
INSERT INTO job_history (id, slot_id, source, status, provider, started_at, sync_deadline,
  completed_at, duration_ms, request_sha256, result_media_id, result_expires_at)
VALUES ('job-1', 'slot-001', 'ingest', 'done', 'echo', '2026-11-21T12:00:00.000000Z',
  '2026-11-21T12:00:48.000000Z', '2026-11-21T12:00:06.000000Z', 6000, 'sha', 'object-1',
  '2099-11-24T12:00:00.000000Z');
INSERT INTO job_key VALUES ('key ä', 'job-1', 'hash', 3);
INSERT INTO media_object VALUES ('object-1', 'job-1', 'slot-001', 'result', 'result/1', 'image/png',
  5000000000, 'sha', '2099-11-24T12:00:00.000000Z', NULL);
INSERT INTO media_object VALUES ('object-2', NULL, 'slot-001', 'template', 'template/1',
  'image/png', 7, 'sha', NULL, NULL);
INSERT INTO slot_template_media VALUES ('template-1', 'slot-001', 'style', 'object-2',
  '2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000000Z');
`;

const ROUTES = ['/api/slots', '/api/slots/slot-001', '/api/jobs/job-1', '/api/settings'];

describe('the media store on SQLite', () => {
  let file: string;
  let folder: string;
  let answers: readonly unknown[];

  const read = async (url: string) => {
    const client = new HttpClient(url);
    return Promise.all(ROUTES.map(async (route) => bodyOf(await client.get(route), 200)));
  };

  beforeAll(async () => {
    folder = workingFolder();
    file = join(folder, 'holdfast.sqlite');
    const local = { MEDIA_ENABLED: 'true', SQLITE_PATH: file };
    const service = await startService({ ...local, INGEST_PASSWORD: 'the-password-of-senders' });
    const client = new HttpClient(service.url);
    const slot = { version: 1, provider: 'echo', is_active: true, display_name: 'Für alle' };
    bodyOf(await client.send('PUT', '/api/slots/slot-001', JSON.stringify(slot)), 200);
    const key = { 'idempotency-key': 'reset-1' };
    bodyOf(await client.send('POST', '/api/slots/slot-001/reset_stats', undefined, key), 200);
    const settings = { version: 0, result_ttl_hours: 5 };
    bodyOf(await client.send('PUT', '/api/settings', JSON.stringify(settings)), 200);
    const connection = new Sqlite(file);
    connection.exec(ROWS);
    connection.close();
    answers = await read(service.url);
    await service.stop();
  });

  it('is backed up whole, but for files that these rows have not', async () => {
    const out = join(folder, 'backups');
    const environment = { MEDIA_ENABLED: 'true', SQLITE_PATH: file };
    const args = ['backup', '--out', out, '--verify', '--no-media'];
    const made = await execute('cli.js', args, environment);
    expect(made).toMatchObject({ code: 0 });
    const [name = ''] = readdirSync(out).filter((each) => !each.startsWith('.'));
    const manifest = readFileSync(join(out, name, 'manifest.json'), 'utf8');
    for (const table of TABLES) expect(manifest).toContain(`"${table}"`);
  });

  it('is moved into PostgreSQL, where it says the same', async () => {
    const target: TestDatabase = await createDatabase();
    later(() => target.drop());
    const production = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DATABASE_URL: target.url,
      HOST: '127.0.0.1',
      MEDIA_ENABLED: 'true',
      MEDIA_ROOT_DURABLE: 'true',
    };
    expect(await migrate({ environment: production }, ['up'])).toMatchObject({ code: 0 });
    const copied = await execute('cli.js', ['copy', '--from', file, '--json'], production);
    expect(copied.stderr).not.toMatch(/"error"/);
    expect([copied.code, copied.stdout]).toEqual([0, copied.stdout]);
    const service = await startService(production);
    later(() => service.stop('SIGKILL'));
    expect(await read(service.url)).toEqual(answers);
    const counts = await target.query<{ readonly table: string; readonly rows: string }>(
      TABLES.map((table) => `SELECT '${table}' AS table, count(*) AS rows FROM ${table}`).join(
        ' UNION ALL ',
      ),
    );
    expect(counts.filter(({ rows }) => Number(rows) === 0)).toEqual([]);
    const [object] = await target.query<{ readonly bytes: string }>(
      `SELECT bytes FROM media_object WHERE id = 'object-1'`,
    );
    expect(Number(object?.bytes)).toBe(5_000_000_000);
  }, 120_000);
});
