import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';

/** A certificate that a connection depends on. */
export interface UsedCertificate {
  readonly of: 'server' | 'client';
  readonly end: Date;
}

const DAY_MS = 86_400_000;
/** Long enough to order one, and not so long that those that live for weeks would always be told. */
const WARN_DAYS = 14;

/** The server's own, where the connection is encrypted; and the client's, where it shows one. @param client PEM */
export function certificatesOf(
  stream: object,
  client: string | undefined,
): readonly UsedCertificate[] {
  if (!(stream instanceof TLSSocket)) return [];
  const server = { of: 'server', end: new Date(stream.getPeerCertificate().valid_to) } as const;
  const found: readonly UsedCertificate[] =
    client === undefined
      ? [server]
      : [server, { of: 'client', end: new Date(new X509Certificate(client).validTo) }];
  return found.filter(({ end }) => !Number.isNaN(end.getTime()));
}

/** Those that end within 14 days, in words. */
export function expiringSoon(
  certificates: readonly UsedCertificate[],
  now: Date,
): readonly string[] {
  return certificates
    .filter(({ end }) => end.getTime() - now.getTime() < WARN_DAYS * DAY_MS)
    .map(({ of, end }) => `the certificate of the ${of} ends at ${end.toISOString()}`);
}
