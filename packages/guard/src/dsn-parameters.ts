import type { Dsn } from './dsn.js';
import { readCertificates } from './dsn-certificates.js';
import { type DsnFault, type Findings, Refused } from './dsn-fault.js';
import { FOREIGN_PARAMETERS } from './dsn-foreign-parameters.js';
import { readOptions } from './dsn-options.js';
import { decode, socketFolder } from './dsn-parts.js';
import type { ReadFile } from './read-environment.js';
import { SSL_MODES } from './ssl-mode.js';
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from './target-session-attrs.js';

/** What the query of a connection string says. */
export interface Parameters extends Partial<Omit<Dsn, 'hosts' | 'ignored'>> {
  readonly socket: { readonly folder?: string; readonly port?: number };
  /** What was left out, and what to use in its place. */
  readonly ignored: readonly string[];
}

export interface DsnContext {
  readonly readFile: ReadFile;
  /** Whether authorities to trust are named elsewhere, too (`DB_SSL_CA_FILE`). */
  readonly hasAuthorities: boolean;
}

interface Honoured {
  /** Completes "needs NAME to be …". */
  readonly expects: string;
  readonly fix?: string;
  /** Undefined for a value that is refused. */
  readonly read: (value: string) => Partial<Parameters> | undefined;
}

const oneOf = <const T extends string>(
  values: readonly T[],
  take: (value: T) => Partial<Parameters>,
  fix?: string,
): Honoured => ({
  expects: `one of ${values.join(', ')}`,
  ...(fix !== undefined && { fix }),
  read: (value) => (values.includes(value as T) ? take(value as T) : undefined),
});

const NUMBER = /^\d{1,5}$/;

const HONOURED: ReadonlyMap<string, Honoured> = new Map(
  Object.entries<Honoured>({
    sslmode: oneOf(
      [...SSL_MODES, 'no-verify'],
      (mode) => ({ sslMode: mode === 'no-verify' ? 'require' : mode }),
      'Write sslmode=require (or verify-full) to be encrypted always, or sslmode=disable to be never; allow and prefer would leave it to whoever answers.',
    ),
    application_name: {
      expects: '1 to 63 printable ASCII characters',
      read: (value) => (/^[\x20-\x7E]{1,63}$/.test(value) ? { applicationName: value } : undefined),
    },
    connect_timeout: {
      expects: '1 to 3600 seconds',
      read: (value) =>
        NUMBER.test(value) && Number(value) >= 1 && Number(value) <= 3600
          ? { connectTimeoutSeconds: Number(value) }
          : undefined,
    },
    target_session_attrs: oneOf(
      TARGET_SESSION_ATTRS,
      (targetSessionAttrs: TargetSessionAttrs) => ({ targetSessionAttrs }),
      'Write target_session_attrs=read-write, or leave it out: the service writes. Standbys to read from go into DB_READ_REPLICA_URLS.',
    ),
    channel_binding: oneOf(['disable', 'prefer', 'require'], (channelBinding) => ({
      channelBinding,
    })),
    sslnegotiation: oneOf(['postgres', 'direct'], (how) =>
      how === 'direct' ? { directTls: true as const } : {},
    ),
    host: {
      expects: 'the absolute folder of a unix socket',
      fix: 'Put the host before the database, as in postgresql://USER:PASSWORD@HOST:5432/DATABASE; only a folder of a unix socket is given as host=.',
      read: (value) =>
        value.startsWith('/') ? { socket: { folder: socketFolder(value) } } : undefined,
    },
    port: {
      expects: '1 to 65535, beside the host= of a unix socket',
      fix: 'Put the port behind the host: HOST:5432.',
      read: (value) =>
        NUMBER.test(value) && Number(value) >= 1 && Number(value) <= 65535
          ? { socket: { port: Number(value) } }
          : undefined,
    },
  }),
);

const CERTIFICATES = ['sslrootcert', 'sslcert', 'sslkey', 'sslpassword'];

/**
 * The query of a connection string: every fault of it at once.
 * @throws Refused never; faults are added to `findings`
 */
export function readParameters(
  query: string,
  { readFile, hasAuthorities }: DsnContext,
  findings: Findings,
): Parameters {
  const given = readPairs(query, findings);
  const ignored: string[] = [];
  const read: Partial<Parameters>[] = [];
  for (const [name, value] of given.values) {
    const honoured = HONOURED.get(name);
    if (name === 'options') {
      read.push(...findings.faultless(() => readOptionsOf(value)));
    } else if (honoured) {
      read.push(...findings.faultless(() => honour(name, value, honoured)));
    } else if (!CERTIFICATES.includes(name)) {
      const foreign = FOREIGN_PARAMETERS.get(name);
      if (foreign?.dropped?.test(value)) ignored.push(`leaves out ${name}: ${foreign.use}`);
      else findings.faults.push(unsupported(name, given.names.indexOf(name) + 1, foreign?.use));
    }
  }
  const certificates = findings.read(() => readCertificates(given.values, readFile));
  const socket = Object.assign(
    {},
    ...read.map((each) => each.socket ?? {}),
  ) as Parameters['socket'];
  const parameters: Parameters = {
    ...(Object.assign({}, ...read) as Partial<Parameters>),
    ...(certificates && { certificates }),
    socket,
    ignored,
  };
  findings.read(() => {
    refuseContradictions(parameters, given.values, hasAuthorities);
  });
  return withImpliedMode(parameters, given.values);
}

function readPairs(query: string, findings: Findings) {
  const values = new Map<string, string>();
  const pairs = query.split('&').filter((part) => part !== '');
  const names = pairs.map((pair) => pair.split('=', 1)[0] ?? '');
  for (const [index, pair] of pairs.entries()) {
    const name = names[index] ?? '';
    const raw = pair.slice(name.length + 1);
    findings.read(() => {
      if (values.has(name)) throw repeated(name);
      if (raw.includes('+')) throw rawPlus();
      values.set(name, decode(raw, 'a parameter'));
    });
  }
  return { values, names };
}

/** Of what could be a part of a password, no name is shown. */
function shown(name: string): string | undefined {
  const isKnown = FOREIGN_PARAMETERS.has(name) || HONOURED.has(name) || CERTIFICATES.includes(name);
  return isKnown || name === 'options' ? ` ${name}` : undefined;
}

function repeated(name: string): Refused {
  return new Refused(
    'DSN_PARAMETER_UNSUPPORTED',
    `repeats a parameter${shown(name) ?? ''}`,
    'Keep the one that is meant: tools differ in which of them they take.',
  );
}

function rawPlus(): Refused {
  return new Refused(
    'DSN_PARAMETER_UNSUPPORTED',
    'holds a raw + in a parameter',
    'Write %2B for a plus, or %20 for a blank.',
  );
}

function unsupported(name: string, place: number, use: string | undefined): DsnFault {
  const what = shown(name) ?? `, the ${place}. in it, that is not known`;
  const fix = use === undefined ? undefined : `${use.charAt(0).toUpperCase()}${use.slice(1)}.`;
  return {
    code: 'DSN_PARAMETER_UNSUPPORTED',
    message: `carries an unsupported parameter${what}`,
    ...(fix !== undefined && { fix }),
  };
}

function honour(name: string, value: string, { expects, fix, read }: Honoured) {
  const result = read(value);
  if (result) return result;
  throw new Refused(
    'DSN_PARAMETER_UNSUPPORTED',
    `needs ${name} to be ${expects}`,
    fix ?? `Correct ${name}, or leave it out.`,
  );
}

function readOptionsOf(value: string): Partial<Parameters> {
  const judged = readOptions(value);
  if ('options' in judged) return judged;
  const names = judged.refused.map(({ name }) => name ?? 'a setting');
  const uses = new Set(judged.refused.map(({ name, use }) => `${name ?? 'it'}: ${use}`));
  throw new Refused(
    'DSN_PARAMETER_UNSUPPORTED',
    `sets in its options what must not be set there: ${names.join(', ') || 'nothing at all'}`,
    `Take it out of options. ${[...uses].join('; ')}.`,
  );
}

function refuseContradictions(
  { sslMode, channelBinding, directTls, certificates }: Parameters,
  given: ReadonlyMap<string, string>,
  hasAuthorities: boolean,
): void {
  const refuse = (message: string, fix: string) =>
    new Refused('DSN_PARAMETER_UNSUPPORTED', message, fix);
  if (sslMode === 'disable' && (channelBinding === 'require' || directTls || certificates)) {
    throw refuse(
      'turns encryption off and asks for what needs it (channel_binding, sslnegotiation or certificates)',
      'Write sslmode=require or stronger, or leave the others out.',
    );
  }
  const isWeaker = sslMode !== undefined && sslMode !== 'verify-full';
  if (given.get('sslrootcert') === 'system' && isWeaker) {
    throw refuse(
      'trusts every authority of the system (sslrootcert=system) without checking the name of the server',
      'Write sslmode=verify-full, or name the one authority in sslrootcert.',
    );
  }
  if (sslMode === 'verify-ca' && !given.has('sslrootcert') && !hasAuthorities) {
    throw refuse(
      'has sslmode=verify-ca and names no authority',
      'Name the authority in sslrootcert or DB_SSL_CA_FILE, or write sslmode=verify-full: any server has a certificate of some public authority.',
    );
  }
}

/** What cannot be had without encryption asks for it. */
function withImpliedMode(parameters: Parameters, given: ReadonlyMap<string, string>): Parameters {
  if (parameters.sslMode !== undefined) return parameters;
  if (given.get('sslrootcert') === 'system') return { ...parameters, sslMode: 'verify-full' };
  const { channelBinding, directTls, certificates } = parameters;
  const isAsked = channelBinding === 'require' || directTls === true || certificates !== undefined;
  return isAsked ? { ...parameters, sslMode: 'require' } : parameters;
}
