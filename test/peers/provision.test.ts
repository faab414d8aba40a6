import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { type Environment, execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { provision } from '../support/topology.js';

/** The statements of the documentation below a heading. */
function statementsBelow(heading: string): string {
  const [, section = ''] = readFileSync('docs/PRODUCTION.md', 'utf8').split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ', 1);
  return [...own.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql]) => sql).join('\n');
}

/** A request that creates a proposal. */
function proposal(key: string) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ portfolio_id: key, created_by: 'c', document: {} }),
  };
}

describe('the roles that deploy/provision.sql makes, by an administrator who is no superuser', () => {
  const { later, temporaryFolder } = cleanup();
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server.remove());

  const url = (user: string, password: string, database = 'holdfast') =>
    `postgresql://${user}:${password}@127.0.0.1:${server.port}/${database}`;

  const query = async (connection: string, sql: string) => {
    const client = new pg.Client({ connectionString: connection });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };

  it('let the owner migrate and copy, and the service read and write rows and nothing else', async () => {
    const secrets = join(temporaryFolder(), 'secrets');
    execFileSync('deploy/make-secrets.sh', [secrets], { stdio: 'pipe' });
    const password = (name: string) => readFileSync(join(secrets, name), 'utf8').trim();
    await query(server.url, "CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin'");
    provision(url('admin', 'admin', 'postgres'), secrets);

    const owner = url('holdfast_owner', password('owner_password'));
    const app = url('holdfast_app', password('app_password'));
    const environment: Environment = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DPM_POLICY_PACKS_ENABLED: 'true',
      DATABASE_URL: app,
    };
    const migrate = (words: readonly string[], given: Environment = {}) =>
      execute('cli.js', ['migrate', ...words], { ...environment, ...given });

    expect(await migrate(['up'])).toMatchObject({ code: 69 });
    const asOwner = { MIGRATION_DATABASE_URL: owner };
    expect(await migrate(['up'], asOwner)).toMatchObject({ code: 0 });
    expect(await migrate(['status', '--drift'], asOwner)).toMatchObject({ code: 0 });
    const hardening = statementsBelow('Provisioning');
    expect(hardening).toContain('REVOKE');
    await query(owner, hardening);

    const file = join(temporaryFolder(), 'holdfast.sqlite');
    const before = await startService({ DPM_POLICY_PACKS_ENABLED: 'true', SQLITE_PATH: file });
    const old = await fetch(`${before.url}/rebalance/proposals`, proposal('before'));
    const { proposal_id: moved } = (await old.json()) as { readonly proposal_id: string };
    await before.stop();
    const copied = await execute('cli.js', ['copy', '--from', file], {
      ...environment,
      DATABASE_URL: owner,
    });
    expect(copied).toMatchObject({ code: 0 });

    const service: Service = await startService(environment);
    later(() => service.stop('SIGKILL'));
    const answer = async (path: string, init?: RequestInit) => {
      const response = await fetch(service.url + path, init);
      return { status: response.status, body: (await response.json()) as object };
    };
    expect(await answer('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await answer('/api/v1/diagnostics')).toMatchObject({
      body: { storage: { write_probe_ok: true } },
    });
    expect(await answer(`/rebalance/proposals/${moved}`)).toMatchObject({ status: 200 });
    const created = await answer('/rebalance/proposals', proposal('provisioned'));
    expect(created).toMatchObject({ status: 201 });
    const run = JSON.stringify({
      correlation_id: 'c',
      request_hash: 'h',
      portfolio_id: 'p',
      status: 'READY',
      result: {},
    });
    const recorded = { ...proposal('recorded'), body: run };
    expect(await answer('/rebalance/runs', recorded)).toMatchObject({ status: 201 });
    const retention = { DPM_SUPPORTABILITY_RETENTION_DAYS: '1' };
    const purged = await execute('cli.js', ['purge'], { ...environment, ...retention });
    expect(purged).toMatchObject({ code: 0 });

    for (const forbidden of [
      'CREATE TABLE more (a int)',
      'CREATE SCHEMA more',
      'CREATE TEMPORARY TABLE more (a int)',
      'DROP TABLE proposal_records',
      'ALTER TABLE proposal_records ADD COLUMN more int',
      'TRUNCATE proposal_records',
      'DELETE FROM holdfast_migrations',
      "UPDATE holdfast_migrations SET checksum = ''",
    ]) {
      await expect(query(app, forbidden)).rejects.toMatchObject({ code: '42501' });
    }
    const stranger = "CREATE ROLE stranger LOGIN PASSWORD 'stranger'";
    await query(server.url, stranger);
    await expect(query(url('stranger', 'stranger'), 'SELECT 1')).rejects.toMatchObject({
      code: '42501',
    });
  }, 60_000);
});
