import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import pg from 'pg';
import type { Cluster } from '@holdfast/testing/cluster';

/** A certificate authority of the tests' own. */
export interface Authority {
  /** File with its certificate, for DB_SSL_CA_FILE. */
  readonly file: string;
  readonly pem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
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

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const file = join(folder, `${name}.crt`);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Holdfast test ${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...during([0, 60]),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pem = `${certificate.toString('pem')}\n`;
  writeFileSync(file, pem);
  return { file, pem, certificate, keys };
}

/** From when until when, in days from now. */
const DAYS = { valid: [0, 60], ending: [0, 2], expired: [-2, -1] } as const;

/**
 * @param names subject alternative names, such as `DNS:localhost` or `IP:127.0.0.1`
 * @param validity `ending` ends in two days, `expired` has ended a day ago
 */
export async function issueCertificate(
  folder: string,
  authority: Authority,
  name: string,
  names: readonly string[],
  validity: keyof typeof DAYS = 'valid',
): Promise<Certificate> {
  const [file, key] = ['crt', 'key'].map((suffix) => join(folder, `${name}.${suffix}`)) as [
    string,
    string,
  ];
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...during(DAYS[validity]),
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map(generalName)),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  writeFileSync(file, `${certificate.toString('pem')}\n`);
  const secret = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  writeFileSync(key, `${x509.PemConverter.encode(secret, 'PRIVATE KEY')}\n`, { mode: 0o600 });
  return { file, key };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function during([from, until]: readonly [number, number]) {
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
  return { notBefore: inDays(from), notAfter: inDays(until) };
}

function generalName(name: string): { type: 'dns' | 'ip'; value: string } {
  const [kind, value = ''] = name.split(':', 2);
  return { type: kind === 'IP' ? 'ip' : 'dns', value };
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
