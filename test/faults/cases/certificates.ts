import { copyFileSync, rmSync } from 'node:fs';
import { expect } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startPostgresServer } from '../../support/postgres-server.js';
import {
  type Authority,
  type Certificate,
  certificateFolder,
  createAuthority,
  issueCertificate,
  offerTls,
} from '../../support/tls.js';
import { eventually } from '../../support/eventually.js';
import { type FaultCase, now, type Stage, type Suite } from '../case.js';

const HOST = 'localhost';

type Issue = (folder: string, authority: Authority) => Promise<Certificate>;

/** Whether the server's certificate, as it is at the moment, passes for who checks it. */
async function isTrusted(url: string, { pem }: Authority): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, ssl: { ca: pem } });
  try {
    await client.connect();
  } catch {
    return false;
  }
  await client.end();
  return true;
}

/**
 * A server with a good certificate is given a bad one. Sessions outlive that, so they are ended; none
 * that follows may go without TLS, or without a check.
 */
async function stage({ later }: Suite, issueBad: Issue): Promise<Stage> {
  const folder = certificateFolder();
  later(() => {
    rmSync(folder, { recursive: true });
  });
  const authority = await createAuthority(folder, 'authority');
  const good = await issueCertificate(folder, authority, 'good', [`DNS:${HOST}`]);
  const bad = await issueBad(folder, authority);
  const server = await startPostgresServer();
  later(() => server.remove());
  await offerTls(server, good);
  const database = await createDatabase(server.url);
  const url = new URL(database.url);
  url.hostname = HOST;

  const use = async ({ file, key }: Certificate, isGood: boolean) => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    for (const [from, to] of [
      [file, good.file],
      [key, good.key],
    ] as const) {
      if (from !== to) copyFileSync(from, to);
    }
    await client.query('SELECT pg_reload_conf()');
    await eventually(async () => {
      expect(await isTrusted(url.href, authority)).toBe(isGood);
    });
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'holdfast%' AND backend_type = 'client backend'`,
    );
    await client.end();
  };
  const kept = { file: `${good.file}.kept`, key: `${good.key}.kept` };
  copyFileSync(good.file, kept.file);
  copyFileSync(good.key, kept.key);
  const plain = async () =>
    database.query(
      `SELECT a.application_name FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
        WHERE a.application_name LIKE 'holdfast%' AND NOT s.ssl`,
    );
  let withoutTls: readonly object[] = [];
  return {
    environment: {
      DATABASE_URL: url.href,
      DB_SSL_MODE: 'verify-full',
      DB_SSL_CA_FILE: authority.file,
    },
    database,
    breakIt: async () => {
      await use(bad, false);
      return now();
    },
    holdMs: 2500,
    heal: async () => {
      withoutTls = await database.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'",
      );
      await use(kept, true);
    },
    check: async () => {
      expect(withoutTls).toEqual([]);
      expect(await plain()).toEqual([]);
    },
  };
}

function certificateCase(what: string, issue: Issue): FaultCase {
  return {
    name: `certificate ${what}`,
    ready: 'POSTGRES_TLS_FAILED',
    stage: (suite) => stage(suite, issue),
  };
}

export const certificates: readonly FaultCase[] = [
  certificateCase('expired', (folder, authority) =>
    issueCertificate(folder, authority, 'expired', [`DNS:${HOST}`], 'expired'),
  ),
  certificateCase('of another host', (folder, authority) =>
    issueCertificate(folder, authority, 'other-host', ['DNS:other.test']),
  ),
  certificateCase('of an unknown authority', async (folder) =>
    issueCertificate(folder, await createAuthority(folder, 'unknown'), 'unknown-ca', [
      `DNS:${HOST}`,
    ]),
  ),
];
