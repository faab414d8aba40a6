import type { Dsn, DsnFaultCode } from './dsn.js';
import { SSL_MODES, type SslMode } from './ssl-mode.js';
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from './target-session-attrs.js';

/** Why a part of a connection string is refused; see `DsnFault`. */
export class Refused extends Error {
  constructor(
    readonly code: DsnFaultCode,
    message: string,
  ) {
    super(message);
  }
}

const KNOWN_PARAMETERS = new Set(
  (
    'host hostaddr port user password dbname passfile options sslrootcert sslcert sslkey sslcrl ssl ' +
    'sslcompression sslnegotiation channel_binding gssencmode target_session_attrs pgbouncer schema ' +
    'search_path statement_timeout connection_limit pool_timeout client_encoding keepalives ' +
    'uselibpqcompat fallback_application_name replication service'
  ).split(' '),
);

const HONOURED = ['sslmode', 'application_name', 'connect_timeout', 'target_session_attrs', 'host'];

/** What the query of a connection string says. */
export interface Parameters extends Partial<Omit<Dsn, 'hosts'>> {
  /** The folder of a unix socket. */
  readonly socket?: string;
}

/** The query of a connection string. */
export function readParameters(query: string): Parameters {
  const given = new Map<string, string>();
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const raw = equals < 0 ? '' : pair.slice(equals + 1);
    if (given.has(name)) throw new Refused('DSN_PARAMETER_UNSUPPORTED', 'repeats a parameter');
    if (raw.includes('+')) {
      throw new Refused('DSN_PARAMETER_UNSUPPORTED', 'holds a raw + in a parameter');
    }
    given.set(name, decode(raw, 'a parameter'));
  }
  for (const name of given.keys()) {
    if (!HONOURED.includes(name)) {
      const shown = KNOWN_PARAMETERS.has(name) ? ` ${name}` : '';
      throw new Refused('DSN_PARAMETER_UNSUPPORTED', `carries an unsupported parameter${shown}`);
    }
  }
  return {
    ...pick(given, 'sslmode', 'disable, require or verify-full', (value) =>
      SSL_MODES.includes(value as SslMode) ? { sslMode: value as SslMode } : undefined,
    ),
    ...pick(given, 'application_name', '1 to 63 printable ASCII characters', (value) =>
      /^[\x20-\x7E]{1,63}$/.test(value) ? { applicationName: value } : undefined,
    ),
    ...pick(given, 'connect_timeout', '1 to 3600 seconds', (value) =>
      /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= 3600
        ? { connectTimeoutSeconds: Number(value) }
        : undefined,
    ),
    ...pick(given, 'target_session_attrs', TARGET_SESSION_ATTRS.join(', '), (value) =>
      TARGET_SESSION_ATTRS.includes(value as TargetSessionAttrs)
        ? { targetSessionAttrs: value as TargetSessionAttrs }
        : undefined,
    ),
    ...pick(given, 'host', 'the absolute folder of a unix socket', (value) =>
      value.startsWith('/') ? { socket: socketFolder(value) } : undefined,
    ),
  };
}

/** A system's sockets have no longer names. */
const LONGEST_SOCKET = 107 - '/.s.PGSQL.65535'.length;

export function socketFolder(path: string): string {
  if (path.includes(',') || Buffer.byteLength(path) > LONGEST_SOCKET) {
    throw new Refused('DSN_MALFORMED', 'has a socket folder that no system can have');
  }
  return path;
}

function pick(
  given: ReadonlyMap<string, string>,
  name: string,
  expects: string,
  read: (value: string) => Parameters | undefined,
): Parameters {
  const value = given.get(name);
  if (value === undefined) return {};
  const result = read(value);
  if (!result) throw new Refused('DSN_PARAMETER_UNSUPPORTED', `needs ${name} to be ${expects}`);
  return result;
}

/** Percent escapes, none of them left for a driver to read differently. */
export function decode(raw: string, part: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) {
    throw new Refused(
      'DSN_MALFORMED',
      `has a % in ${part} without two hex digits; write it as %25`,
    );
  }
  let text: string;
  try {
    text = decodeURIComponent(raw);
  } catch {
    throw new Refused('DSN_MALFORMED', `has percent escapes in ${part} that are not UTF-8`);
  }
  if (text.includes('\0')) throw new Refused('DSN_MALFORMED', `has a NUL in ${part}`);
  return text;
}
