import { createSecureContext, rootCertificates } from 'node:tls';
import type { ReadFile } from './read-environment.js';
import { Refused } from './dsn-fault.js';
import { Secret } from '@holdfast/core/secret';

/** What a connection string says of certificates, read. */
export interface DsnCertificates {
  /** PEM. */
  readonly authorities?: string;
  /** What the client shows; PEM. */
  readonly certificate?: string;
  readonly key?: Secret;
  /** Of the key. */
  readonly passphrase?: Secret;
}

/** Where systems keep the authorities that they trust. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Reads what the parameters `sslrootcert`, `sslcert`, `sslkey` and `sslpassword` name. */
export function readCertificates(
  given: ReadonlyMap<string, string>,
  readFile: ReadFile,
): DsnCertificates | undefined {
  const [root, cert, keyFile, password] = ['sslrootcert', 'sslcert', 'sslkey', 'sslpassword'].map(
    (name) => given.get(name),
  );
  if (root === undefined && cert === undefined && keyFile === undefined) return undefined;
  if ((cert === undefined) !== (keyFile === undefined)) {
    throw new Refused(
      'DSN_PARAMETER_UNSUPPORTED',
      'names one of sslcert and sslkey without the other',
      'Name the certificate of the client and its key; the authority that has signed the certificate of the server is sslrootcert.',
    );
  }
  const pem = (name: string, path: string, kind: string) => readPem(readFile, name, path, kind);
  const authorities = root === 'system' ? systemAuthorities(readFile) : undefined;
  const pair = cert !== undefined &&
    keyFile !== undefined && {
      certificate: pem('sslcert', cert, 'CERTIFICATE'),
      key: new Secret(pem('sslkey', keyFile, 'PRIVATE KEY')),
      ...(password !== undefined && { passphrase: new Secret(password) }),
    };
  if (pair) refuseUnusable(pair);
  return {
    ...(root !== undefined && {
      authorities: authorities ?? pem('sslrootcert', root, 'CERTIFICATE'),
    }),
    ...pair,
  };
}

function readPem(readFile: ReadFile, name: string, path: string, kind: string): string {
  let text: string | undefined;
  try {
    text = readFile(path);
  } catch {
    // Told below.
  }
  if (text !== undefined && new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text)) return text;
  throw new Refused(
    'SECRET_FILE_UNREADABLE',
    `names in ${name} a file that ${text === undefined ? 'cannot be read' : `holds no ${kind} in PEM form`}`,
  );
}

/** Of the system, where it keeps them where systems do; else those that Node brings along. */
function systemAuthorities(readFile: ReadFile): string {
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return readFile(path);
    } catch {
      // The next system's place.
    }
  }
  return rootCertificates.join('\n');
}

function refuseUnusable(
  pair: Required<Pick<DsnCertificates, 'certificate' | 'key'>> & DsnCertificates,
) {
  const { certificate, key, passphrase } = pair;
  try {
    createSecureContext({
      cert: certificate,
      key: key.reveal(),
      // Without one, OpenSSL would ask for it on a terminal.
      passphrase: passphrase?.reveal() ?? '',
    });
  } catch {
    throw new Refused(
      'SECRET_FILE_UNREADABLE',
      'names an sslkey that cannot be opened, or that is not the key of its sslcert',
      'Check that the two belong together; give the passphrase of an encrypted key as sslpassword.',
    );
  }
}
