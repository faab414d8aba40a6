import { isIPv6 } from 'node:net';
import { decode, readParameters, Refused, socketFolder } from './dsn-parts.js';
import { Secret } from './secret.js';
import type { SslMode } from './ssl-mode.js';
import type { TargetSessionAttrs } from './target-session-attrs.js';

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
  readonly applicationName?: string;
  readonly connectTimeoutSeconds?: number;
}

export type DsnFaultCode =
  | 'DSN_EMPTY'
  | 'DSN_SCHEME_UNSUPPORTED'
  | 'DSN_MALFORMED'
  | 'DSN_MULTIPLE_HOSTS'
  | 'DSN_PASSWORD_NOT_ENCODED'
  | 'DSN_PARAMETER_UNSUPPORTED';

/** Why a connection string is refused. `message` never repeats any of it: it may be the password. */
export interface DsnFault {
  readonly code: DsnFaultCode;
  readonly message: string;
}

export type DsnVerdict =
  { readonly dsn: Dsn } | { readonly faults: readonly [DsnFault, ...DsnFault[]] };

/**
 * Judges and parses a PostgreSQL connection string. Whatever `pg` would silently reinterpret
 * (overriding parameters, stripped white space, invented hosts) is a fault.
 */
export function judgeDsn(text: string): DsnVerdict {
  return judge(() => Object.freeze(parse(text)));
}

function judge(read: () => Dsn): DsnVerdict {
  try {
    return { dsn: read() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { faults: [{ code: error.code, message: error.message }] };
  }
}

/**
 * Judges host and port that are given apart: one server. An IPv6 address needs no brackets, and an
 * absolute folder is that of a unix socket.
 */
export function judgeServer(host: string, port: number): DsnVerdict {
  return judge(() => {
    if (host.includes(',')) throw new Refused('DSN_MULTIPLE_HOSTS', 'names several hosts');
    const server = isSocket({ host })
      ? { host, port }
      : readHost(isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);
    return { hosts: [server], user: '', database: '' };
  });
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

const SCHEME_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^postgres(ql)?\+\w+:/i,
    'a driver suffix such as +asyncpg belongs to another language; drop it',
  ],
  [/^jdbc:/i, 'drop the leading jdbc: and put user and password before the host'],
  [/^(sqlite\d?|file):/i, 'an SQLite file cannot hold a store on POSTGRES; see SQLITE_PATH'],
  [/^(mysql|mariadb|mssql|sqlserver|oracle|mongodb|redis|cockroachdb)\b/i, 'another database'],
];

function parse(text: string): Dsn {
  refuseNonsense(text);
  const rest = withoutScheme(text);

  const authorityEnd = rest.search(/[/?#]/);
  const authority = authorityEnd < 0 ? rest : rest.slice(0, authorityEnd);
  const ats = rest.split('@').length - 1;
  if (ats > 1 || (ats === 1 && !authority.includes('@'))) {
    throw new Refused(
      'DSN_PASSWORD_NOT_ENCODED',
      'holds a raw #, /, ? or @ before the host, or a second @',
    );
  }
  const tail = rest.slice(authority.length);
  if (tail.includes('#')) throw new Refused('DSN_MALFORMED', 'ends in a # fragment');

  const at = authority.indexOf('@');
  if (at < 0) throw new Refused('DSN_MALFORMED', 'names no user');
  const { user, password } = readUser(authority.slice(0, at));

  const question = tail.indexOf('?');
  const database = readDatabase(question < 0 ? tail : tail.slice(0, question));
  const { socket, ...parameters } = readParameters(question < 0 ? '' : tail.slice(question + 1));
  const hosts = readHosts(authority.slice(at + 1), socket);
  return { user, ...(password && { password }), hosts, database, ...parameters };
}

function refuseNonsense(text: string): void {
  if (/^\s*$/.test(text)) throw new Refused('DSN_EMPTY', 'is empty or blank');
  if (/^\s*(undefined|null|none|nil)\s*$/i.test(text)) {
    throw new Refused('DSN_EMPTY', 'holds a placeholder for "no value" in place of a value');
  }
  if (text.startsWith('\uFEFF'))
    throw new Refused('DSN_MALFORMED', 'starts with a byte order mark');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001F\u007F]/.test(text)) {
    throw new Refused('DSN_MALFORMED', 'holds a line break, tab or another control character');
  }
  if (/\s/.test(text)) {
    throw /^\s*\w+\s*=/.test(text)
      ? new Refused('DSN_MALFORMED', 'is a keyword=value text; write it as a URL')
      : new Refused('DSN_MALFORMED', 'holds a blank; percent-encode it as %20');
  }
  if (/^(['"`]).*|.*(['"`])$/.test(text)) {
    throw new Refused('DSN_MALFORMED', 'is wrapped in quotes; remove them');
  }
  if (!text.isWellFormed() || text.includes('\uFFFD')) {
    throw new Refused('DSN_MALFORMED', 'is not well-formed Unicode');
  }
}

function withoutScheme(text: string): string {
  const accepted = /^postgres(?:ql)?:\/\//i.exec(text);
  if (accepted) return text.slice(accepted[0].length);
  const hint = SCHEME_HINTS.find(([pattern]) => pattern.test(text))?.[1];
  if (hint ?? /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new Refused(
      'DSN_SCHEME_UNSUPPORTED',
      `is not a postgresql:// URL${hint ? `: ${hint}` : ''}`,
    );
  }
  if (/^\w+=/.test(text)) {
    throw new Refused('DSN_MALFORMED', 'is a keyword=value text; write it as a URL');
  }
  throw new Refused('DSN_MALFORMED', 'does not start with postgresql://');
}

function readUser(userinfo: string): { user: string; password?: Secret } {
  const colon = userinfo.indexOf(':');
  const user = decode(colon < 0 ? userinfo : userinfo.slice(0, colon), 'the user');
  if (user === '') throw new Refused('DSN_MALFORMED', 'names no user');
  const password = colon < 0 ? '' : decode(userinfo.slice(colon + 1), 'the password');
  return password === '' ? { user } : { user, password: new Secret(password) };
}

/** @param socket the folder that `?host=` names, for a string that names no server before its database */
function readHosts(servers: string, socket: string | undefined): Dsn['hosts'] {
  if (socket !== undefined) {
    if (!/^(:\d+)?$/.test(servers)) {
      throw new Refused('DSN_PARAMETER_UNSUPPORTED', 'names a host twice: in the URL and as host=');
    }
    return [{ ...readHost(`socket${servers}`), host: socket }];
  }
  const [first = '', ...others] = servers.split(',');
  return [readHost(first), ...others.map(readHost)];
}

function readHost(hostAndPort: string): DsnHost {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(hostAndPort);
  if (!match) throw new Refused('DSN_MALFORMED', 'has an unreadable host or port');
  const host = match[1] === undefined ? judgeHost(match[2] ?? '') : readIpv6(match[1]);
  const port = match[3] === undefined ? 5432 : Number(match[3]);
  if (match[3] === '' || port < 1 || port > 65535) {
    throw new Refused('DSN_MALFORMED', 'has a port outside 1 to 65535');
  }
  return { host, port };
}

function judgeHost(host: string): string {
  if (host === '') throw new Refused('DSN_MALFORMED', 'names no host');
  if (/^%2f/i.test(host)) return socketFolder(decode(host, 'the host'));
  if (!/^[A-Za-z0-9._-]+$/.test(host)) {
    throw new Refused('DSN_MALFORMED', 'has a host that is neither a name nor an address');
  }
  return host;
}

function readIpv6(address: string): string {
  if (!isIPv6(address) || address.includes('%')) {
    throw new Refused('DSN_MALFORMED', 'has an unreadable IPv6 address');
  }
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function readDatabase(path: string): string {
  const raw = path.slice(1);
  const database = decode(raw, 'the database');
  if (database === '') throw new Refused('DSN_MALFORMED', 'names no database');
  // pg decodes a path with decodeURI, which leaves these as they are, and removes dot segments.
  if (raw.includes('/') || decodeURI(raw) !== database || /^\.{1,2}$/.test(database)) {
    throw new Refused(
      'DSN_MALFORMED',
      'has a database name that drivers read differently; use DB_HOST, DB_NAME, DB_USER and DB_PASSWORD',
    );
  }
  return database;
}
