import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { migratedDatabase } from '../support/migrations.js';
import { type Environment, execute, installation, jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const NEWER = 'ALTER TABLE proposal_records ADD COLUMN remark text;\n';
const COMPATIBLE = `-- holdfast: backward-compatible\n${NEWER}`;

/** A copy of this build that has one migration more. */
function newerBuild(sql: string) {
  const { folder, remove } = installation();
  later(remove);
  const place = join(folder, 'migrations', 'advisory', 'postgres');
  writeFileSync(join(place, '0004_add_remark.sql'), sql);
  return {
    migrate: (environment: Environment) =>
      execute('cli.js', ['migrate', 'up'], environment, { installation: folder }),
  };
}

async function started(environment: Environment): Promise<Service> {
  const service = await startService({ ...environment, HOST: '127.0.0.1' }, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return service;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly status: string;
    readonly checks: { readonly migrations: { readonly detail: string; readonly code?: string } };
    readonly stores: Readonly<Record<string, { readonly status: string }>>;
  };
}

async function get({ url }: Service, path: string): Promise<Answer> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Waits until readiness answers so. */
const becomes = (service: Service, status: number, migrations: object) =>
  eventually(async () => {
    expect(await get(service, '/health/ready')).toMatchObject({
      status,
      body: { checks: { migrations } },
    });
  });

const up = (environment: Environment) => execute('cli.js', ['migrate', 'up'], environment);

it('starts on a schema that is newer by what is backward-compatible, and says so', async () => {
  const { environment } = await migratedDatabase(later);
  expect(await newerBuild(COMPATIBLE).migrate(environment)).toMatchObject({ code: 0, stderr: '' });
  const service = await started(environment);
  const ready = await get(service, '/health/ready');
  expect(ready).toMatchObject({
    status: 200,
    body: { checks: { migrations: { ok: true, detail: 'ahead' } } },
  });
  expect(ready.body.checks.migrations).not.toHaveProperty('code');
  expect((await get(service, '/health/migrations')).body).toMatchObject({
    status: 'ahead',
    stores: {
      advisory: { status: 'ahead', ahead: ['0004_add_remark'], backward_compatible: true },
      dpm: { status: 'head' },
    },
  });
  expect(await up(environment)).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
});

it('is refused at its start by a schema that is newer by anything else', async () => {
  const { environment } = await migratedDatabase(later);
  expect(await newerBuild(NEWER).migrate(environment)).toMatchObject({ code: 0, stderr: '' });
  const refused = await execute('main.js', [], environment);
  expect(refused.code).toBe(69);
  expect(jsonLines(refused.stdout).flatMap(({ code }) => code ?? [])).toEqual([
    'SCHEMA_NEWER_THAN_BUILD',
  ]);
});

it('notices while it runs that the schema has become newer, compatible or not', async () => {
  const { database, environment } = await migratedDatabase(later);
  await up(environment);
  const service = await started(environment);
  await becomes(service, 200, { ok: true, detail: 'head' });
  await newerBuild(COMPATIBLE).migrate(environment);
  await becomes(service, 200, { ok: true, detail: 'ahead' });
  const write = (compatible: boolean) =>
    database.query(
      `UPDATE holdfast_migrations SET backward_compatible = ${compatible} WHERE version = '0004'`,
    );
  await write(false);
  await becomes(service, 503, { ok: false, detail: 'ahead', code: 'SCHEMA_NEWER_THAN_BUILD' });
  await write(true);
  await becomes(service, 200, { ok: true, detail: 'ahead' });
});

it('what it can go on with does not hide what it cannot go on with', async () => {
  const { database, environment } = await migratedDatabase(later);
  await newerBuild(COMPATIBLE).migrate(environment);
  const service = await started(environment);
  await becomes(service, 200, { ok: true, detail: 'ahead' });

  await database.query(
    `UPDATE holdfast_migrations SET store = 'away' WHERE store = 'dpm' AND version = '0003'`,
  );
  await becomes(service, 503, { ok: false, detail: 'pending', code: 'MIGRATIONS_PENDING' });
  expect((await get(service, '/health/migrations')).body.stores).toMatchObject({
    advisory: { status: 'ahead', backward_compatible: true },
    dpm: { status: 'pending', pending: ['0003_add_request_keys'] },
  });
  await database.query(`UPDATE holdfast_migrations SET store = 'dpm' WHERE store = 'away'`);
  await becomes(service, 200, { ok: true, detail: 'ahead' });

  await database.query(
    `UPDATE holdfast_migrations SET checksum = 'x' WHERE store = 'dpm' AND version = '0001'`,
  );
  await becomes(service, 503, {
    ok: false,
    detail: 'drifted',
    code: 'MIGRATION_CHECKSUM_MISMATCH',
  });
});

it("goes on with a newer build's constraints and triggers, but not without its own keys", async () => {
  const { database, environment } = await migratedDatabase(later);
  const added = `
    ALTER TABLE proposal_records ADD CONSTRAINT named CHECK (created_by <> '');
    CREATE UNIQUE INDEX once ON proposal_versions (proposal_id, created_at);
    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER fills BEFORE INSERT ON proposal_records FOR EACH ROW EXECUTE FUNCTION fill();\n`;
  expect(await newerBuild(COMPATIBLE + added).migrate(environment)).toMatchObject({ code: 0 });
  const service = await started(environment);
  await becomes(service, 200, { ok: true, detail: 'ahead' });
  // Rights and tables are looked at every two seconds.
  await wait(3000);
  await becomes(service, 200, { ok: true, detail: 'ahead' });
  const checked = await execute('cli.js', ['check', '--connect', '--json'], environment);
  expect(checked).toMatchObject({ code: 0 });

  // The same in a store of which there is no newer migration.
  await database.query(`ALTER TABLE dpm_runs ADD CONSTRAINT named CHECK (status <> '')`);
  await becomes(service, 503, { ok: false, detail: 'drifted', code: 'SCHEMA_INCOMPATIBLE' });
  await database.query('ALTER TABLE dpm_runs DROP CONSTRAINT named');
  await becomes(service, 200, { ok: true, detail: 'ahead' });
  await database.query(
    'ALTER TABLE proposal_idempotency DROP CONSTRAINT proposal_idempotency_pkey',
  );
  await becomes(service, 503, { ok: false, detail: 'drifted', code: 'SCHEMA_INCOMPATIBLE' });
});
