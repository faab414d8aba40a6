import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Cluster } from '@holdfast/testing/cluster';

/** A certificate authority of the tests' own. */
export interface Authority {
  /** File with its certificate, for DB_SSL_CA_FILE. */
  readonly file: string;
  readonly pem: string;
  readonly key: string;
}

export interface Certificate {
  readonly file: string;
  readonly key: string;
}

/** A folder that the user of a PostgreSQL server can get through to. */
export function certificateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  chmodSync(folder, 0o711);
  return folder;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function createAuthority(folder: string, name: string): Authority {
  const file = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  const subject = `/CN=Holdfast test ${name}`;
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '60',
    '-subj',
    subject,
    '-keyout',
    key,
    '-out',
    file,
  );
  return { file, key, pem: readFileSync(file, 'utf8') };
}

const DAYS = { valid: '60', ending: '2', expired: '-1' } as const;

/**
 * @param names subject alternative names, such as `DNS:localhost` or `IP:127.0.0.1`
 * @param validity `ending` ends in two days, `expired` has ended a day ago
 */
export function issueCertificate(
  folder: string,
  authority: Authority,
  name: string,
  names: readonly string[],
  validity: keyof typeof DAYS = 'valid',
): Certificate {
  const [file, key, request, extensions] = ['crt', 'key', 'csr', 'ext'].map((suffix) =>
    join(folder, `${name}.${suffix}`),
  ) as [string, string, string, string];
  writeFileSync(extensions, `subjectAltName=${names.join(',')}\n`);
  openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
  const signer = ['-CA', authority.file, '-CAkey', authority.key, '-CAcreateserial'];
  const rest = ['-days', DAYS[validity], '-extfile', extensions, '-out', file];
  openssl('x509', '-req', '-in', request, ...signer, ...rest);
  return { file, key };
}

/** Restarts the server with TLS and this certificate. */
export async function offerTls(cluster: Cluster, { file, key }: Certificate): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  const { uid, gid } = statSync(rows[0]?.data_directory ?? '');
  chownSync(key, uid, gid);
  chmodSync(key, 0o600);
  await client.query(`ALTER SYSTEM SET ssl_cert_file = ${pg.escapeLiteral(file)}`);
  await client.query(`ALTER SYSTEM SET ssl_key_file = ${pg.escapeLiteral(key)}`);
  await client.query('ALTER SYSTEM SET ssl = on');
  await client.end();
  await cluster.stop();
  await cluster.start();
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
