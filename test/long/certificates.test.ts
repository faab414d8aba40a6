import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf } from '../support/migrate.js';
import { environmentOf } from '../support/migrations.js';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { startService } from '../support/service.js';
import {
  type Authority,
  certificateFolder,
  createAuthority,
  issueCertificate,
  offerTls,
} from '../support/tls.js';

const { later, temporaryFolder } = cleanup();

const folder = certificateFolder();
let authority: Authority;
let cluster: Cluster;
let database: TestDatabase;
beforeAll(async () => {
  authority = await createAuthority(folder, 'authority');
  cluster = await startCluster();
  database = await createDatabase(cluster.url);
  expect((await execute('cli.js', ['migrate', 'up'], environmentOf(database.url))).code).toBe(0);
});
afterAll(async () => {
  await cluster.remove();
  rmSync(folder, { recursive: true });
});

/** The server shows a new certificate; the client its own, which ends soon. */
async function over(validity: 'valid' | 'ending', client: boolean): Promise<Environment> {
  const name = `${validity}${client ? '-client' : ''}`;
  await offerTls(
    cluster,
    await issueCertificate(folder, authority, name, ['DNS:localhost'], validity),
  );
  const own = await issueCertificate(folder, authority, 'client', ['DNS:client'], 'ending');
  const url = new URL(database.url);
  url.hostname = 'localhost';
  url.searchParams.set('sslmode', 'verify-full');
  if (client) {
    url.searchParams.set('sslcert', own.file);
    url.searchParams.set('sslkey', own.key);
  }
  return { ...environmentOf(url.href), DB_SSL_CA_FILE: authority.file, HOST: '127.0.0.1' };
}

async function certificateCheck(environment: Environment): Promise<object | undefined> {
  const ended = await execute('cli.js', ['check', '--connect', '--json'], environment);
  const { checks } = documentOf(ended) as { checks: readonly { name: string }[] };
  return checks.find(({ name }) => name === 'database.primary.certificate');
}

async function ready(url: string) {
  const answer = await fetch(`${url}/health/ready`);
  const body = (await answer.json()) as { status: string; checks: { db: object } };
  return { http: answer.status, status: body.status, db: body.checks.db };
}

const EXPIRING = { ok: true, code: 'POSTGRES_CERTIFICATE_EXPIRING' };

it('of the server that ends soon is told, until it is renewed', async () => {
  const environment = await over('ending', false);
  expect(await certificateCheck(environment)).toMatchObject({
    ...EXPIRING,
    detail: expect.stringMatching(/^warning: the certificate of the server ends at 2/) as unknown,
  });
  const service = await startService(environment, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  await eventually(async () => {
    expect(await ready(service.url)).toMatchObject({
      http: 200,
      status: 'degraded',
      db: { ...EXPIRING, detail: 'connected' },
    });
  });
  expect(jsonLines(service.output())).toContainEqual(
    expect.objectContaining({ level: 'warn', event: 'database.warning', code: EXPIRING.code }),
  );
  // The server is started anew with it, so that every session is a new one.
  const renewed = await over('valid', false);
  await eventually(async () => {
    expect(await ready(service.url)).toMatchObject({ http: 200, status: 'ok' });
  });
  expect(await certificateCheck(renewed)).toMatchObject({ ok: true, code: null });
});

it('of the client that ends soon is told', async () => {
  const environment = await over('valid', true);
  expect(await certificateCheck(environment)).toMatchObject({
    ...EXPIRING,
    detail: expect.stringMatching(/^warning: the certificate of the client ends at 2/) as unknown,
  });
});
