import { createPrivateKey } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { type DsnHost, isSocket } from '@holdfast/guard/dsn';
import { currentPassword } from '@holdfast/guard/renewed-password';

/** How a program of PostgreSQL's reaches a database as this process does. */
export interface LibpqAccess {
  readonly environment: Readonly<Record<string, string>>;
  /** Variables, and what is in the files that they are to name. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Secrets are in files alone: arguments are for everybody to see, and an environment for whoever may look at the
 * process.
 * @param server the one that this process has reached, of all that the connection string names
 * @param settings of the session, by their names; words without blanks
 */
export async function libpqAccess(
  database: PostgresSettings,
  server: DsnHost,
  role: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<LibpqAccess> {
  const { dsn, applicationName, connectTimeoutMs } = database;
  const set = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const options = [...(dsn.options === undefined ? [] : [dsn.options]), ...set].join(' ');
  const password = await currentPassword(dsn);
  const inFile = password !== '' && !/[\r\n]/.test(password);
  const tls = isSocket(server)
    ? { environment: { PGSSLMODE: 'disable' }, files: {} }
    : tlsOf(database);
  return {
    environment: {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: dsn.user,
      PGAPPNAME: `${applicationName} ${role}`,
      PGCONNECT_TIMEOUT: String(Math.ceil(connectTimeoutMs / 1000)),
      PGCLIENTENCODING: 'UTF8',
      ...(options !== '' && { PGOPTIONS: options }),
      ...(dsn.channelBinding !== undefined && { PGCHANNELBINDING: dsn.channelBinding }),
      ...(dsn.directTls && { PGSSLNEGOTIATION: 'direct' }),
      // A line of a password file cannot hold it.
      ...(password !== '' && !inFile && { PGPASSWORD: password }),
      ...tls.environment,
    },
    files: { ...(inFile && { PGPASSFILE: passwordLine(password) }), ...tls.files },
  };
}

/** How `--dbname` takes a name that may look like a connection string. */
export function databaseArgument(name: string): string {
  return `--dbname=dbname='${name.replaceAll(/[\\']/g, '\\$&')}'`;
}

function passwordLine(password: string): string {
  return `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`;
}

function tlsOf({ tls }: PostgresSettings): LibpqAccess {
  const { mode, ca, certificate, key, passphrase } = tls;
  const checks = mode === 'verify-ca' || mode === 'verify-full';
  const authorities = ca ?? (checks ? rootCertificates.join('\n') : undefined);
  return {
    environment: { PGSSLMODE: mode },
    files: {
      ...(authorities !== undefined && { PGSSLROOTCERT: authorities }),
      ...(certificate !== undefined && { PGSSLCERT: certificate }),
      ...(key && { PGSSLKEY: openKey(key.reveal(), passphrase?.reveal()) }),
    },
  };
}

/** libpq takes a passphrase from no environment and no file. */
function openKey(key: string, passphrase: string | undefined): string {
  if (passphrase === undefined) return key;
  return createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString();
}
