import { checkServerIdentity as checkName, type ConnectionOptions } from 'node:tls';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { type DsnHost, isSocket } from '@holdfast/guard/dsn';

/**
 * libpq's meanings: `require` encrypts, and with an authority given is `verify-ca`, which checks the
 * chain; `verify-full` checks chain and host name. The host is passed on because Node would otherwise
 * check the certificate of an IP address against `localhost`.
 */
export function tlsOptions(
  { tls }: Pick<PostgresSettings, 'tls'>,
  server: DsnHost,
): false | ConnectionOptions {
  if (isSocket(server) || tls.mode === 'disable') return false;
  const { ca, certificate, key, passphrase } = tls;
  const shown = {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key && { key: key.reveal() }),
    ...(passphrase && { passphrase: passphrase.reveal() }),
  };
  if (tls.mode === 'verify-full') {
    const checkServerIdentity: ConnectionOptions['checkServerIdentity'] = (_, certificate) =>
      checkName(server.host, certificate);
    return { ...shown, rejectUnauthorized: true, checkServerIdentity };
  }
  if (tls.mode === 'require' && ca === undefined) return { ...shown, rejectUnauthorized: false };
  return { ...shown, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}
