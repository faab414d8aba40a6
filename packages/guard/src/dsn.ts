import { isIPv6 } from 'node:net';
import type { DsnCertificates } from './dsn-certificates.js';
import { type DsnFault, Findings, Refused } from './dsn-fault.js';
import { readParameters, type DsnContext } from './dsn-parameters.js';
import { noUser, readDatabase, readHost, readHosts, readUser, socketFolder } from './dsn-parts.js';
import { placeholders } from './dsn-placeholder.js';
import { urlRest } from './dsn-text.js';
import type { Secret } from '@holdfast/core/secret';
import type { SslMode } from './ssl-mode.js';
import type { TargetSessionAttrs } from './target-session-attrs.js';

export type { DsnFault, DsnFaultCode } from './dsn-fault.js';
export type { DsnContext } from './dsn-parameters.js';

/** One server that a connection string names. */
export interface DsnHost {
  /** A name, an IPv4 address, an IPv6 address without brackets, or the absolute folder of a unix socket. */
  readonly host: string;
  readonly port: number;
}

/** A judged connection string: nothing in it is left for the driver to interpret. */
export interface Dsn {
  readonly user: string;
  readonly password?: Secret;
  /** In the order in which they are to be tried. */
  readonly hosts: readonly [DsnHost, ...DsnHost[]];
  readonly database: string;
  /** As it was asked; what holds is in `PostgresAccess`. */
  readonly targetSessionAttrs?: TargetSessionAttrs;
  /** As it was asked; what holds is in `PostgresAccess`. */
  readonly sslMode?: SslMode;
  /** What was read of the files that it names. */
  readonly certificates?: DsnCertificates;
  /** Whether the login is tied to the encrypted connection; libpq's `channel_binding`. */
  readonly channelBinding?: 'disable' | 'prefer' | 'require';
  /** TLS from the first byte on; libpq's `sslnegotiation=direct`. */
  readonly directTls?: true;
  /** Settings of the session, as libpq's `options`. */
  readonly options?: string;
  readonly applicationName?: string;
  readonly connectTimeoutSeconds?: number;
  /** What was left out of it, and what to use in its place: sentences that complete the variable's name. */
  readonly ignored?: readonly string[];
  /**
   * Reads the password again, where it came from a file; `moved` where that names another place or
   * role now. Not part of the identity.
   */
  readonly renew?: () => Promise<Secret | 'moved' | undefined>;
}

export type DsnVerdict =
  { readonly dsn: Dsn } | { readonly faults: readonly [DsnFault, ...DsnFault[]] };

/** Nothing outside the text: no file can be read. */
const ALONE: DsnContext = {
  readFile: () => {
    throw new Error('no file is read here');
  },
  hasAuthorities: false,
};

/**
 * Judges and parses a PostgreSQL connection string: all its faults at once. Whatever `pg` would
 * silently reinterpret (overriding parameters, stripped white space, invented hosts) is a fault.
 * @param dsnContext reads the certificates that it names
 */
export function judgeDsn(text: string, dsnContext: DsnContext = ALONE): DsnVerdict {
  const [placeholder, ...others] = placeholders(text);
  if (placeholder) return { faults: [placeholder, ...others] };
  const findings = new Findings();
  const dsn = findings.read(() => parse(text, dsnContext, findings));
  return verdictOf(dsn, findings);
}

function verdictOf(dsn: Dsn | undefined, { faults: [first, ...others] }: Findings): DsnVerdict {
  if (first) return { faults: [first, ...others] };
  if (!dsn) throw new TypeError('what could not be read is always a fault');
  return { dsn: Object.freeze(dsn) };
}

/**
 * Judges host and port that are given apart: one server. An IPv6 address needs no brackets, and an
 * absolute folder is that of a unix socket.
 */
export function judgeServer(host: string, port: number): DsnVerdict {
  const findings = new Findings();
  const server = findings.read(() => {
    if (host.includes(',')) throw new Refused('DSN_MULTIPLE_HOSTS', 'names several hosts');
    if (!isIPv6(host) && /[^:]:\d*$/.test(host)) {
      throw new Refused(
        'DSN_MALFORMED',
        'has a port in it',
        'Write the host alone as DB_HOST, and the port as DB_PORT; an IPv6 address needs no brackets.',
      );
    }
    if (isSocket({ host })) return { host: socketFolder(host), port };
    return readHost(isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);
  });
  return verdictOf(server && { hosts: [server], user: '', database: '' }, findings);
}

/** Whether it is the folder of a unix socket: nothing on it is encrypted, and nobody is asked to. */
export function isSocket({ host }: Pick<DsnHost, 'host'>): boolean {
  return host.startsWith('/');
}

/** The printable form; its length tells nothing about the password's. */
export function maskDsn({ user, password, hosts, database }: Dsn): string {
  const mask = password ? ':***' : '';
  const servers = hosts.map(({ host, port }) => `${printedHost(host)}:${port}`).join(',');
  return `postgresql://${encodeURIComponent(user)}${mask}@${servers}/${encodeURIComponent(database)}`;
}

/** As it stands in a connection string. */
function printedHost(host: string): string {
  return host.includes(':') && !isSocket({ host }) ? `[${host}]` : encodeURIComponent(host);
}

/** Of another form's equivalent; shown only where it is sound and has a password in its place. */
function rewrite(url: string): string | undefined {
  const verdict = judgeDsn(url);
  return 'dsn' in verdict && verdict.dsn.password ? maskDsn(verdict.dsn) : undefined;
}

/** Its faults go into `findings`; undefined when there are some. */
function parse(text: string, dsnContext: DsnContext, findings: Findings): Dsn | undefined {
  const { userinfo, servers, path, query } = split(urlRest(text, rewrite));
  const user = findings.read(() => readUser(userinfo));
  const database = findings.read(() => readDatabase(path));
  const { socket, ignored, ...parameters } = readParameters(query, dsnContext, findings);
  const hosts = findings.read(() => readHosts(servers, socket));
  if (!user || !hosts || database === undefined || findings.faults.length > 0) return undefined;
  return { ...user, hosts, database, ...parameters, ...(ignored.length > 0 && { ignored }) };
}

function split(rest: string) {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  refuseUnencoded(rest, authority);
  const tail = rest.slice(authority.length);
  if (tail.includes('#')) {
    throw new Refused(
      'DSN_MALFORMED',
      'ends in a # fragment',
      'Remove what begins with #, or write %23 where it belongs to a name.',
    );
  }
  const at = authority.indexOf('@');
  if (at < 0) throw noUser();
  const question = tail.indexOf('?');
  return {
    userinfo: authority.slice(0, at),
    servers: authority.slice(at + 1),
    path: question < 0 ? tail : tail.slice(0, question),
    query: question < 0 ? '' : tail.slice(question + 1),
  };
}

/** An @ before the first colon is one of the user, as Azure's `user@server` and names of mail have it. */
function refuseUnencoded(rest: string, authority: string): void {
  const ats = rest.split('@').length - 1;
  const isWhole = authority.includes('@');
  if (ats === 0 || (ats === 1 && isWhole)) return;
  const before = rest.slice(0, rest.lastIndexOf('@'));
  const colon = before.indexOf(':');
  const user = colon < 0 ? before : before.slice(0, colon);
  if (isWhole && user.includes('@') && !/[/?#]/.test(before)) {
    throw new Refused(
      'DSN_USER_NOT_ENCODED',
      'has a raw @ in the user',
      before.slice(user.length).includes('@') ? `${USER_FIX} ${PASSWORD_FIX}` : USER_FIX,
    );
  }
  throw new Refused(
    'DSN_PASSWORD_NOT_ENCODED',
    'holds a raw #, /, ? or @ before the host, or a second @',
    PASSWORD_FIX,
  );
}

const USER_FIX =
  'Write the @ that belongs to the user as %40: postgresql://user%40server:PASSWORD@HOST:5432/DATABASE.';
const PASSWORD_FIX =
  'Percent-encode the password: # as %23, / as %2F, ? as %3F, @ as %40, % as %25.';
