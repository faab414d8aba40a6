import { isIPv6 } from 'node:net';
import type { Dsn, DsnHost } from './dsn.js';
import { Refused } from './dsn-fault.js';
import { Secret } from '@holdfast/core/secret';

/** Percent escapes, none of them left for a driver to read differently. */
export function decode(raw: string, part: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) {
    throw new Refused(
      'DSN_MALFORMED',
      `has a % in ${part} without two hex digits; write it as %25`,
      'Percent-encode it: a % that is meant as such is %25.',
    );
  }
  let text: string;
  try {
    text = decodeURIComponent(raw);
  } catch {
    throw new Refused(
      'DSN_MALFORMED',
      `has percent escapes in ${part} that are not UTF-8`,
      'Percent-encode the bytes that the text has in UTF-8, as encodeURIComponent does.',
    );
  }
  if (text.includes('\0')) throw new Refused('DSN_MALFORMED', `has a NUL in ${part}`);
  return text;
}

export function readUser(userinfo: string): { user: string; password?: Secret } {
  const colon = userinfo.indexOf(':');
  const user = decode(colon < 0 ? userinfo : userinfo.slice(0, colon), 'the user');
  if (user === '') throw noUser();
  const password = colon < 0 ? '' : decode(userinfo.slice(colon + 1), 'the password');
  if ((user.includes(':') && password === '') || holdsCredentials(user)) {
    throw new Refused(
      'DSN_MALFORMED',
      'has a password in the user',
      'Write the colon between user and password as it is: postgresql://USER:PASSWORD@HOST:5432/DATABASE. A role with a colon in its name is given as DB_USER.',
    );
  }
  return password === '' ? { user } : { user, password: new Secret(password) };
}

export function noUser(): Refused {
  return new Refused(
    'DSN_MALFORMED',
    'names no user',
    'Put the user before the host: postgresql://USER:PASSWORD@HOST:5432/DATABASE.',
  );
}

/** @param socket what `?host=` and `?port=` name, for a string that names no server before its database */
export function readHosts(
  servers: string,
  socket: { readonly folder?: string; readonly port?: number },
): Dsn['hosts'] {
  const { folder, port } = socket;
  if (folder === undefined) {
    if (port !== undefined) throw overriding('port');
    const [first = '', ...others] = servers.split(',');
    return [readHost(first), ...others.map(readHost)];
  }
  if (!/^(:\d+)?$/.test(servers)) throw overriding('host');
  if (port !== undefined && servers !== '') throw overriding('port');
  return [{ ...readHost(`socket${servers}`), host: folder, ...(port !== undefined && { port }) }];
}

function overriding(name: string): Refused {
  return new Refused(
    'DSN_PARAMETER_UNSUPPORTED',
    `names a ${name} twice: before the database, and as ${name}=`,
    'Keep one of the two: name servers before the database, and the folder of a unix socket as ?host=/FOLDER with nothing after the @.',
  );
}

export function readHost(hostAndPort: string): DsnHost {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(hostAndPort);
  if (!match) {
    throw new Refused(
      'DSN_MALFORMED',
      'has an unreadable host or port',
      'Write HOST:PORT, the port in digits, and an IPv6 address in brackets: [::1]:5432.',
    );
  }
  const host = match[1] === undefined ? judgeHost(match[2] ?? '') : readIpv6(match[1]);
  const port = match[3] === undefined ? 5432 : Number(match[3]);
  if (match[3] === '' || port < 1 || port > 65535) {
    throw new Refused(
      'DSN_MALFORMED',
      'has a port outside 1 to 65535',
      'Give the port of the server, or leave it out with its colon for 5432.',
    );
  }
  return { host, port };
}

function judgeHost(host: string): string {
  if (host === '') {
    throw new Refused(
      'DSN_MALFORMED',
      'names no host',
      'Put the host after the @, or, for a unix socket, ?host=/FOLDER after the database.',
    );
  }
  if (/^%2f[\w.~!$&'()*+;=%-]*$/i.test(host)) return socketFolder(decode(host, 'the host'));
  if (/^[A-Za-z0-9._-]+$/.test(host)) return host;
  throw /[^\0-\x7F]/.test(host)
    ? new Refused(
        'DSN_MALFORMED',
        'has a host with characters outside ASCII',
        'Write the name as it stands in the DNS, beginning with xn--: `node -p \'url.domainToASCII("NAME")\'` prints it.',
      )
    : new Refused('DSN_MALFORMED', 'has a host that is neither a name nor an address');
}

/** A system's sockets have no longer names. */
const LONGEST_SOCKET = 107 - '/.s.PGSQL.65535'.length;

export function socketFolder(path: string): string {
  if (path.includes(',') || Buffer.byteLength(path) > LONGEST_SOCKET) {
    throw new Refused(
      'DSN_MALFORMED',
      'has a socket folder that no system can have',
      `Name one folder, in ${LONGEST_SOCKET} bytes at most, that holds .s.PGSQL.5432.`,
    );
  }
  return path;
}

function readIpv6(address: string): string {
  if (!isIPv6(address) || address.includes('%')) {
    throw new Refused(
      'DSN_MALFORMED',
      'has an unreadable IPv6 address',
      'Write the whole address in brackets and without a zone: [2001:db8::1]:5432.',
    );
  }
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Parts without a password are printed: none may be in them. */
function holdsCredentials(part: string): boolean {
  return /(?:password|passwd|pwd)\s*=/i.test(part);
}

export function readDatabase(path: string): string {
  const raw = path.slice(1);
  if (/[;&]/.test(raw) || holdsCredentials(raw)) {
    throw new Refused(
      'DSN_MALFORMED',
      'has parameters behind the database that do not begin with ?',
      'Write parameters as …/DATABASE?NAME=VALUE&NAME=VALUE, the password before the host, and a ; or & of a name as %3B or %26.',
    );
  }
  const database = decode(raw, 'the database');
  if (database === '') {
    throw new Refused(
      'DSN_MALFORMED',
      'names no database',
      'Put the name of the database after the host: postgresql://USER:PASSWORD@HOST:5432/DATABASE.',
    );
  }
  // pg decodes a path with decodeURI, which leaves these as they are, and removes dot segments.
  if (raw.includes('/') || decodeURI(raw) !== database || /^\.{1,2}$/.test(database)) {
    throw new Refused(
      'DSN_MALFORMED',
      'has a database name that drivers read differently; use DB_HOST, DB_NAME, DB_USER and DB_PASSWORD',
      'Give the parts: DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, where names stand as they are.',
    );
  }
  return database;
}
