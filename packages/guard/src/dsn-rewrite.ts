import { FOREIGN_PARAMETERS } from './dsn-foreign-parameters.js';

/** Parameters as they stand, or as another tool's text gives them: decoded. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** What a rewritten connection string keeps of the parameters of another form. */
export interface Kept {
  /** With its `?`; empty where nothing is kept. */
  readonly query: string;
  /** A sentence that names what is lost with it, after a blank; empty where nothing is. */
  readonly lost: string;
}

/** Kept as they are: what is honoured, and may be shown. */
const HONOURED = new Set([
  ...['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'channel_binding'],
  ...['target_session_attrs', 'application_name', 'connect_timeout'],
]);
const OTHERS = new Set(['host', 'port', 'options', 'sslpassword']);
/** Part of what stands before the `?`. */
const PLACE = new Set(['user', 'password']);

const MODES: Readonly<Record<string, string>> = {
  false: 'disable',
  // pgjdbc checks the server then, and so is the stronger of what the tools mean.
  true: 'verify-full',
  '': 'verify-full',
  '1': 'verify-full',
  '0': 'disable',
  'no-verify': 'require',
  allow: 'require',
  prefer: 'require',
};
const SERVERS: Readonly<Record<string, string>> = {
  master: 'primary',
  secondary: 'standby',
  slave: 'standby',
  preferSecondary: 'prefer-standby',
  preferSlave: 'prefer-standby',
};

/** Of other tools: what it is called here, and what its values are. */
const TRANSLATED: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
  ssl: ['sslmode', MODES],
  sslmode: ['sslmode', MODES],
  SSLMODE: ['sslmode', MODES],
  targetServerType: ['target_session_attrs', SERVERS],
  ApplicationName: ['application_name', {}],
};

/**
 * Encryption, certificates and the choice of a server go along; a rewritten text without them would be
 * weaker than what was asked. What is not honoured is named.
 */
export function keptParameters(pairs: Pairs): Kept {
  const kept = new Map<string, string>();
  const lost: string[] = [];
  for (const [given, text] of pairs) {
    if (PLACE.has(given)) continue;
    const [name, values] = TRANSLATED[given] ?? [given, {}];
    const value = values[text] ?? text;
    const isFolder = name === 'host' && value.startsWith('/');
    const isKept = (HONOURED.has(name) || isFolder) && /^[\w./:-]+$/.test(value);
    if (isKept && (!kept.has(name) || given === name)) kept.set(name, value);
    else if (!isKept) lost.push(isParameter(given) ? given : 'one that is not known');
  }
  const query = [...kept].map(([name, value]) => `${name}=${value}`).join('&');
  const names = [...new Set(lost)].join(', ');
  return {
    query: query === '' ? '' : `?${query}`,
    lost:
      names === '' ? '' : ` Left out of it: ${names}; docs/CONNECTION-STRINGS.md says what to use.`,
  };
}

/** Of what could be a part of a password, no name is shown. */
function isParameter(name: string): boolean {
  return HONOURED.has(name) || OTHERS.has(name) || FOREIGN_PARAMETERS.has(name);
}

/** The parameters of a URL. */
export function pairsOf(query: string): Pairs {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return [name, decoded(pair.slice(name.length + 1))] as const;
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
