import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { type Dsn, type DsnFault, type DsnFaultCode, judgeDsn, maskDsn } from '@holdfast/guard/dsn';
import { leaksOf, percentEncoded, plainPassword, seededPassword } from './seeded-password.js';

const GOOD = 'postgresql://app:secret@db.internal:5432/holdfast';

function accepted(text: string): Dsn {
  const verdict = judgeDsn(text);
  if ('faults' in verdict) throw new Error(`refused: ${verdict.faults[0].code}`);
  return verdict.dsn;
}

function refused(text: string): DsnFault {
  const verdict = judgeDsn(text);
  if ('dsn' in verdict) throw new Error('accepted');
  return verdict.faults[0];
}

/** Everything a connection string says, the password in clear. */
function meaning({ hosts: [{ host, port }, ...others], ...dsn }: Dsn) {
  return {
    ...dsn,
    host,
    port,
    ...(others.length > 0 && { others }),
    password: dsn.password?.reveal(),
  };
}

describe('judgeDsn accepts', () => {
  const plain = { user: 'app', password: 'secret', host: 'db', port: 5432, database: 'hold' };

  it.each<[string, string, object]>([
    ['postgresql://', 'postgresql://app:secret@db:5432/hold', plain],
    ['postgres://', 'postgres://app:secret@db:5432/hold', plain],
    ['a scheme in capitals', 'POSTGRESQL://app:secret@db:5432/hold', plain],
    ['a scheme in any case', 'PostGres://app:secret@db:5432/hold', plain],
    ['no port', 'postgresql://app:secret@db/hold', plain],
    ['port 1', 'postgresql://app:secret@db:1/hold', { ...plain, port: 1 }],
    ['port 65535', 'postgresql://app:secret@db:65535/hold', { ...plain, port: 65535 }],
    ['no password', 'postgresql://app@db/hold', { ...plain, password: undefined }],
    ['an empty password', 'postgresql://app:@db/hold', { ...plain, password: undefined }],
    [
      'every reserved character encoded in the password',
      'postgresql://app:%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%20%22@db/hold',
      { ...plain, password: `:/?#[]@!$&'()*+,;=% "` },
    ],
    ['a raw colon in the password', 'postgresql://app:a:b@db/hold', { ...plain, password: 'a:b' }],
    ['a raw + in the password', 'postgresql://app:a+b@db/hold', { ...plain, password: 'a+b' }],
    [
      'raw Unicode in the password',
      'postgresql://app:pässwörd-漢字-😀@db/hold',
      { ...plain, password: 'pässwörd-漢字-😀' },
    ],
    [
      'encoded Unicode in the password',
      'postgresql://app:p%C3%A4ss%F0%9F%98%80@db/hold',
      { ...plain, password: 'päss😀' },
    ],
    ['hex digits in lower case', 'postgresql://app:a%2fb@db/hold', { ...plain, password: 'a/b' }],
    ['an encoded @ in the user', 'postgresql://a%40b:secret@db/hold', { ...plain, user: 'a@b' }],
    ['Unicode in the user', 'postgresql://jürgen:secret@db/hold', { ...plain, user: 'jürgen' }],
    [
      'a domain name',
      'postgresql://app:secret@db-1.eu_west.example.com/hold',
      {
        ...plain,
        host: 'db-1.eu_west.example.com',
      },
    ],
    [
      'an IPv4 address',
      'postgresql://app:secret@10.0.0.7:6432/hold',
      {
        ...plain,
        host: '10.0.0.7',
        port: 6432,
      },
    ],
    [
      'an IPv6 address',
      'postgresql://app:secret@[::1]:6432/hold',
      {
        ...plain,
        host: '::1',
        port: 6432,
      },
    ],
    [
      'a long IPv6 address',
      'postgresql://app:secret@[2001:DB8:0:0:0:0:0:1]/hold',
      {
        ...plain,
        host: '2001:db8::1',
      },
    ],
    [
      'a database with blanks',
      'postgresql://app:secret@db/hold%20fast',
      {
        ...plain,
        database: 'hold fast',
      },
    ],
    [
      'sslmode=disable',
      'postgresql://app:secret@db/hold?sslmode=disable',
      {
        ...plain,
        sslMode: 'disable',
      },
    ],
    [
      'sslmode=require',
      'postgresql://app:secret@db/hold?sslmode=require',
      {
        ...plain,
        sslMode: 'require',
      },
    ],
    [
      'sslmode=verify-full',
      'postgresql://app:secret@db/hold?sslmode=verify-full',
      {
        ...plain,
        sslMode: 'verify-full',
      },
    ],
    [
      'all parameters',
      'postgresql://app:secret@db/hold?connect_timeout=7&application_name=hold%20fast&sslmode=require',
      { ...plain, connectTimeoutSeconds: 7, applicationName: 'hold fast', sslMode: 'require' },
    ],
    [
      'several hosts',
      'postgresql://app:secret@db,db-2:6432,[::1]:1/hold?target_session_attrs=primary',
      {
        ...plain,
        others: [
          { host: 'db-2', port: 6432 },
          { host: '::1', port: 1 },
        ],
        targetSessionAttrs: 'primary',
      },
    ],
    [
      'an encoded socket folder',
      'postgresql://app:secret@%2Frun%2Fpostgresql:6432/hold',
      { ...plain, host: '/run/postgresql', port: 6432 },
    ],
    [
      'the socket folder as a parameter',
      'postgresql://app:secret@/hold?host=/cloudsql/acme:europe-west1:db',
      { ...plain, host: '/cloudsql/acme:europe-west1:db' },
    ],
    ['a ? without parameters', 'postgresql://app:secret@db/hold?', plain],
  ])('%s', (_name, text, expected) => {
    expect(meaning(accepted(text))).toEqual(expected);
  });

  it('and freezes what it read', () => {
    expect(Object.isFrozen(accepted(GOOD))).toBe(true);
  });

  it('and hides the password wherever the result is printed', () => {
    const dsn = accepted(GOOD);
    for (const output of [JSON.stringify(dsn), inspect(dsn, { depth: 10 })]) {
      expect(output).toContain('***');
      expect(output).not.toContain('secret');
    }
  });

  it('any well-encoded user and password, as they are', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 12 })
      .filter((string) => !string.includes('\0'));
    const label = fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,11}$/);
    fc.assert(
      fc.property(text, text, label, (user, password, database) => {
        const dsn = accepted(
          `postgres://${percentEncoded(user)}:${percentEncoded(password)}@db:6432/${database}`,
        );
        expect(meaning(dsn)).toEqual({ user, password, host: 'db', port: 6432, database });
      }),
      { numRuns: 300 },
    );
  });
});

describe('judgeDsn refuses', () => {
  it.each<[DsnFaultCode, string, string]>([
    ['DSN_EMPTY', 'nothing', ''],
    ['DSN_EMPTY', 'a blank', ' '],
    ['DSN_EMPTY', 'white space', '\t \r\n\u00a0'],
    ['DSN_EMPTY', 'undefined', 'undefined'],
    ['DSN_EMPTY', 'null', 'null'],
    ['DSN_EMPTY', 'null in capitals and blanks', ' NULL '],

    ['DSN_MALFORMED', 'double quotes', `"${GOOD}"`],
    ['DSN_MALFORMED', 'single quotes', `'${GOOD}'`],
    ['DSN_MALFORMED', 'backquotes', `\`${GOOD}\``],
    ['DSN_MALFORMED', 'an opening quote alone', `"${GOOD}`],
    ['DSN_MALFORMED', 'a closing quote alone', `${GOOD}'`],
    ['DSN_MALFORMED', 'a byte order mark', `\uFEFF${GOOD}`],
    ['DSN_MALFORMED', 'an inner line feed', 'postgresql://app:sec\nret@db/hold'],
    ['DSN_MALFORMED', 'an inner line break', 'postgresql://app:secret@db\r\n/hold'],
    ['DSN_MALFORMED', 'an inner tab', 'postgresql://app:sec\tret@db/hold'],
    ['DSN_MALFORMED', 'a line feed at the end', `${GOOD}\n`],
    ['DSN_MALFORMED', 'a NUL', 'postgresql://app:sec\0ret@db/hold'],
    ['DSN_MALFORMED', 'a leading blank', ` ${GOOD}`],
    ['DSN_MALFORMED', 'a trailing blank', `${GOOD} `],
    ['DSN_MALFORMED', 'a blank in the password', 'postgresql://app:sec ret@db/hold'],
    ['DSN_MALFORMED', 'half a surrogate pair', 'postgresql://app:\ud83d@db/hold'],

    ['DSN_SCHEME_UNSUPPORTED', 'postgresql+asyncpg://', 'postgresql+asyncpg://app:secret@db/hold'],
    ['DSN_SCHEME_UNSUPPORTED', 'postgres+psycopg2://', 'postgres+psycopg2://app:secret@db/hold'],
    ['DSN_SCHEME_UNSUPPORTED', 'jdbc:', 'jdbc:postgresql://db/hold?user=app'],
    ['DSN_SCHEME_UNSUPPORTED', 'mysql://', 'mysql://app:secret@db/hold'],
    ['DSN_SCHEME_UNSUPPORTED', 'http://', 'http://app:secret@db/hold'],
    ['DSN_SCHEME_UNSUPPORTED', 'redis://', 'redis://app:secret@db/0'],
    ['DSN_SCHEME_UNSUPPORTED', 'socket://', 'socket://app:secret@/tmp?db=hold'],
    ['DSN_SCHEME_UNSUPPORTED', 'sqlite:///', 'sqlite:///data/holdfast.sqlite'],
    ['DSN_SCHEME_UNSUPPORTED', 'sqlite:', 'sqlite:data/holdfast.sqlite'],
    ['DSN_SCHEME_UNSUPPORTED', 'sqlite::memory:', 'sqlite::memory:'],
    ['DSN_SCHEME_UNSUPPORTED', 'file:///', 'file:///data/holdfast.sqlite'],
    ['DSN_SCHEME_UNSUPPORTED', 'file:', 'file:holdfast.sqlite?mode=ro'],

    ['DSN_MALFORMED', 'keyword=value text', 'host=db user=app password=secret dbname=hold'],
    ['DSN_MALFORMED', 'keyword = value text', 'host = db password = secret'],
    ['DSN_MALFORMED', 'a single keyword', 'host=db'],
    ['DSN_MALFORMED', 'no scheme', 'app:secret@db:5432/hold'],
    ['DSN_MALFORMED', 'no slashes', 'postgresql:app:secret@db/hold'],
    ['DSN_MALFORMED', 'one slash', 'postgresql:/app:secret@db/hold'],
    ['DSN_MALFORMED', 'a socket folder', '/var/run/postgresql hold'],

    ['DSN_MALFORMED', 'nothing after the scheme', 'postgresql://'],
    ['DSN_MALFORMED', 'no user', 'postgresql://db:5432/hold'],
    ['DSN_MALFORMED', 'an empty user', 'postgresql://:secret@db/hold'],
    ['DSN_MALFORMED', 'nothing before the @', 'postgresql://@db/hold'],
    ['DSN_MALFORMED', 'no database', 'postgresql://app:secret@db'],
    ['DSN_MALFORMED', 'an empty database', 'postgresql://app:secret@db/'],
    ['DSN_MALFORMED', 'parameters but no database', 'postgresql://app:secret@db?sslmode=require'],
    ['DSN_MALFORMED', 'a path for a database', 'postgresql://app:secret@db/hold/fast'],
    ['DSN_MALFORMED', 'parameters behind a ;', 'postgresql://app@db/hold;password=secret'],
    ['DSN_MALFORMED', 'parameters behind a &', 'postgresql://app:x@db/hold&password=secret'],
    ['DSN_MALFORMED', 'parameters behind a ,', 'postgresql://app:x@db/hold,pwd=secret'],
    ['DSN_MALFORMED', 'user and password in one', 'postgresql://app%3Asecret@db/hold'],
    [
      'DSN_MALFORMED',
      'a password as a parameter of the user',
      'postgresql://app;password=secret@db/hold',
    ],
    ['DSN_MALFORMED', 'a dot segment', 'postgresql://app:secret@db/..'],
    ['DSN_MALFORMED', 'an encoded dot segment', 'postgresql://app:secret@db/%2e%2E'],
    ['DSN_MALFORMED', 'an encoded / in the database', 'postgresql://app:secret@db/hold%2Ffast'],
    ['DSN_MALFORMED', 'an encoded ? in the database', 'postgresql://app:secret@db/hold%3Ffast'],
    ['DSN_MALFORMED', 'a fragment', 'postgresql://app:secret@db/hold#fast'],

    ['DSN_MALFORMED', 'no host', 'postgresql://app:secret@/hold'],
    ['DSN_MALFORMED', 'a port but no host', 'postgresql://app:secret@:5432/hold'],
    ['DSN_MALFORMED', 'a socket of an endless name', `postgresql://app@%2F${'a'.repeat(100)}/hold`],
    ['DSN_MALFORMED', 'an encoded host', 'postgresql://app:secret@d%62/hold'],
    ['DSN_MALFORMED', 'Unicode in the host', 'postgresql://app:secret@dß/hold'],
    ['DSN_MALFORMED', 'port 0', 'postgresql://app:secret@db:0/hold'],
    ['DSN_MALFORMED', 'port 65536', 'postgresql://app:secret@db:65536/hold'],
    ['DSN_MALFORMED', 'an empty port', 'postgresql://app:secret@db:/hold'],
    ['DSN_MALFORMED', 'a port in words', 'postgresql://app:secret@db:five/hold'],
    ['DSN_MALFORMED', 'a negative port', 'postgresql://app:secret@db:-1/hold'],
    ['DSN_MALFORMED', 'two ports', 'postgresql://app:secret@db:5432:5433/hold'],
    ['DSN_MALFORMED', 'a bare IPv6 address', 'postgresql://app:secret@::1/hold'],
    ['DSN_MALFORMED', 'an IPv6 address that is none', 'postgresql://app:secret@[::xyz]/hold'],
    ['DSN_MALFORMED', 'an IPv6 zone', 'postgresql://app:secret@[fe80::1%25eth0]/hold'],
    ['DSN_MALFORMED', 'empty brackets', 'postgresql://app:secret@[]/hold'],

    ['DSN_MALFORMED', 'a comma after the host', 'postgresql://app:secret@db1,/hold'],
    ['DSN_MALFORMED', 'a bad second port', 'postgresql://app:secret@db1:1,db2:0/hold'],
    ['DSN_MALFORMED', 'an encoded comma', 'postgresql://app:secret@db1%2Cdb2/hold'],

    ['DSN_PASSWORD_NOT_ENCODED', 'a raw # in the password', 'postgresql://app:sec#ret@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'a raw / in the password', 'postgresql://app:sec/ret@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'a raw ? in the password', 'postgresql://app:sec?ret@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'a raw @ in the password', 'postgresql://app:sec@ret@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'a raw @ at its start', 'postgresql://app:@secret@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'a raw / at its end', 'postgresql://app:secret/@db/hold'],
    ['DSN_PASSWORD_NOT_ENCODED', 'all of them', 'postgresql://app:#/?@@db/hold'],

    ['DSN_MALFORMED', 'a bare %', 'postgresql://app:100%@db/hold'],
    ['DSN_MALFORMED', 'an escape that is not hex', 'postgresql://app:sec%zzret@db/hold'],
    ['DSN_MALFORMED', 'half an escape', 'postgresql://app:sec%2@db/hold'],
    ['DSN_MALFORMED', 'an escape that is not UTF-8', 'postgresql://app:sec%FFret@db/hold'],
    ['DSN_MALFORMED', 'an encoded surrogate', 'postgresql://app:sec%ED%A0%80ret@db/hold'],
    ['DSN_MALFORMED', 'an encoded NUL', 'postgresql://app:sec%00ret@db/hold'],
    ['DSN_MALFORMED', 'a bad escape in the user', 'postgresql://a%pp:secret@db/hold'],
    ['DSN_MALFORMED', 'a bad escape in the database', 'postgresql://app:secret@db/hold%'],

    ['DSN_PARAMETER_UNSUPPORTED', '?host=', `${GOOD}?host=elsewhere`],
    ['DSN_PARAMETER_UNSUPPORTED', '?port=', `${GOOD}?port=6432`],
    ['DSN_PARAMETER_UNSUPPORTED', '?user=', `${GOOD}?user=postgres`],
    ['DSN_PARAMETER_UNSUPPORTED', '?password=', `${GOOD}?password=other`],
    ['DSN_PARAMETER_UNSUPPORTED', '?dbname=', `${GOOD}?dbname=other`],
    ['DSN_PARAMETER_UNSUPPORTED', '?options=', `${GOOD}?options=-c%20fsync%3Doff`],
    ['DSN_PARAMETER_UNSUPPORTED', '?ssl=', `${GOOD}?ssl=true`],
    ['SECRET_FILE_UNREADABLE', '?sslrootcert=', `${GOOD}?sslrootcert=/etc/passwd`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a later override', `${GOOD}?sslmode=require&host=elsewhere`],
    ['DSN_PARAMETER_UNSUPPORTED', 'an encoded override', `${GOOD}?%68ost=elsewhere`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a name in capitals', `${GOOD}?SSLMODE=require`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a name without value', `${GOOD}?sslmode`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a value without name', `${GOOD}?=require`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a repeated one', `${GOOD}?sslmode=require&sslmode=disable`],
    ['DSN_PARAMETER_UNSUPPORTED', 'the same twice', `${GOOD}?sslmode=require&sslmode=require`],
    ['DSN_PARAMETER_UNSUPPORTED', 'sslmode=prefer', `${GOOD}?sslmode=prefer`],
    ['DSN_PARAMETER_UNSUPPORTED', 'sslmode=allow', `${GOOD}?sslmode=allow`],
    ['DSN_PARAMETER_UNSUPPORTED', 'verify-ca by any authority', `${GOOD}?sslmode=verify-ca`],
    ['DSN_PARAMETER_UNSUPPORTED', 'an empty sslmode', `${GOOD}?sslmode=`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a second ?', `${GOOD}?sslmode=require?application_name=a`],
    ['DSN_PARAMETER_UNSUPPORTED', 'connect_timeout in words', `${GOOD}?connect_timeout=soon`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a negative time-out', `${GOOD}?connect_timeout=-1`],
    ['DSN_PARAMETER_UNSUPPORTED', 'an empty application_name', `${GOOD}?application_name=`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a raw + in a parameter', `${GOOD}?application_name=a+b`],
    ['DSN_PARAMETER_UNSUPPORTED', 'a long name', `${GOOD}?application_name=${'a'.repeat(64)}`],
    ['DSN_MALFORMED', 'a bad escape in a parameter', `${GOOD}?application_name=50%`],
  ])('with %s: %s', (code, _name, text) => {
    const fault = refused(text);
    expect(fault.code).toBe(code);
    expect(fault.message).not.toBe('');
  });

  it.each([
    ['postgresql+asyncpg://app:secret@db/hold', 'asyncpg'],
    ['jdbc:postgresql://db/hold', 'jdbc:'],
    ['sqlite:///data/holdfast.sqlite', 'an SQLite file'],
    ['file:data/holdfast.sqlite', 'an SQLite file'],
    ['postgresql://app:100%@db/hold', '%25'],
    ['postgresql://app:sec%zzret@db/hold', '%25'],
    ['postgresql://app:sec%2@db/hold', '%25'],
    ['postgresql://app:sec ret@db/hold', '%20'],
    [`\uFEFF${GOOD}`, 'byte order mark'],
    ['host=db password=secret', 'keyword=value'],
    [`"${GOOD}"`, 'quotes'],
    [`${GOOD}?host=elsewhere`, 'host'],
  ])('%s with a hint', (text, hint) => {
    expect(refused(text).message).toContain(hint);
  });

  it('an SQLite file without a variable that not every program reads', () => {
    const { message, fix } = refused('sqlite:///data/holdfast.sqlite');
    expect(`${message} ${fix}`).not.toMatch(/SQLITE_PATH|DATABASE_URL/);
  });

  it('without throwing, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, withScheme) => {
        const verdict = judgeDsn(withScheme ? `postgresql://${text}` : text);
        expect(Object.keys(verdict)).toEqual(['dsn' in verdict ? 'dsn' : 'faults']);
      }),
      { numRuns: 500 },
    );
  });
});

/** Characters and pieces that parsers of URLs disagree about. */
const NASTY = [
  ...['@', ':', '/', '?', '#', '[', ']', '%', ',', ';', '=', '&', '+', ' ', '.', '..', '//', '-'],
  ...["'", '"', '`', '\\', '^', '|', '{', '}', '<', '>', '~', '!', '$', '*', '(', ')', '_', '0'],
  ...['\t', '\n', '\r', '\0', '\u0001', '\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', '\ufffd'],
  ...['é', 'ß', '漢', '😀', 'e\u0301', '\ud83d', '\ude00', '\u202e', 'A', 'z', '7'],
  ...['%2F', '%40', '%3a', '%23', '%00', '%0A', '%20', '%2e', '%2E%2e', '%25', '%2525', '%C3'],
  ...['%C3%A9', '%c3%a9', '%ff', '%EF%BF%BD', '%ed%a0%80', '%zz', '%2', '%E2%80%8B', '%5C'],
  ...['?host=evil', '&user=root', '&password=x', '?port=1', '&sslmode=disable', '?ssl=0', '@/'],
  ...['evil:1', ',evil', '[::1]', '0x7f.1', 'xn--', 'localhost', 'base', '___DUMMY___', 'socket:'],
];

/** One character of a part: as it is, or percent-encoded in one of three ways. */
const character = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'B', '9', '_', '-', 'é', '😀') },
      { weight: 2, arbitrary: fc.constantFrom(...Array.from(`!$&'()*+,;=:~.^|{}<>"\`\\`)) },
      { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    ),
    fc.constantFrom('raw', 'raw', 'component', 'strict', 'every byte'),
  )
  .map(([text, how]) => {
    if (how === 'raw' || !text.isWellFormed()) return text;
    if (how === 'component') return encodeURIComponent(text);
    if (how === 'strict') return percentEncoded(text);
    return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(
      '',
    );
  });

const part = (minLength: number) =>
  fc.array(character, { minLength, maxLength: 5 }).map((characters) => characters.join(''));

const hostName = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...['db', 'DB.Example.COM', '127.0.0.1', '127.1', '0x7f000001', '1.2.3.04', 'a_b-c.', '-'],
      ...['[::1]', '[2001:DB8::0:1]', '[::ffff:10.0.0.1]', '[fe80::1%25eth0]', 'base', '%64b'],
    ),
  },
  { weight: 1, arbitrary: part(0) },
);

const port = fc.oneof(
  fc.constantFrom('', ':5432', ':05432', ':1', ':65535', ':80', ':443', ':000000000000005432'),
  fc.integer({ min: -1, max: 70000 }).map((number) => `:${number}`),
);

const parameters = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['?', '?&', '?sslmode=disable', '?sslmode=verify-full&connect_timeout=3', '?&&'],
      ...[
        '?application_name=a%26b',
        '?application_name=a+b',
        "?application_name=a'b",
        '?application_name=a%2Bb=c',
      ],
    ),
  },
  { weight: 1, arbitrary: part(1).map((value) => `?application_name=${value}`) },
);

const randomDsn = fc
  .tuple(
    fc.constantFrom('postgres://', 'postgresql://', 'PostgreSQL://'),
    part(1),
    fc.option(part(0)),
    hostName,
    port,
    part(1),
    parameters,
  )
  .map(
    ([scheme, user, password, host, port, database, query]) =>
      `${scheme}${user}${password === null ? '' : `:${password}`}@${host}${port}/${database}${query}`,
  );

const validDsn = fc.constantFrom(
  'postgresql://app:secret@db.internal:5432/holdfast',
  'postgres://app@db/holdfast',
  'postgresql://app:p%40ss%2Fw%C3%B6rd@[2001:db8::1]:6432/hold%20fast?sslmode=verify-full',
  'POSTGRES://a%3Ab:c:d+e@10.0.0.1/hold?application_name=hold%20fast&connect_timeout=5',
  'postgresql://ü😀:漢字@db:1/h-o_l~d?sslmode=disable',
);

interface Mutation {
  readonly kind: 'insert' | 'delete' | 'duplicate';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('insert', 'delete', 'duplicate'),
  at: fc.nat({ max: 120 }),
  length: fc.integer({ min: 1, max: 4 }),
  text: fc.constantFrom(...NASTY),
});

function mutate(text: string, { kind, at, length, text: inserted }: Mutation): string {
  const start = at % (text.length + 1);
  const [before, after] = [text.slice(0, start), text.slice(start)];
  if (kind === 'insert') return before + inserted + after;
  if (kind === 'delete') return before + after.slice(length);
  return before + after.slice(0, length) + after;
}

/** What `pg` makes of a connection string. */
function drivers(text: string) {
  const client = new pg.Client({ connectionString: text });
  const { connectionParameters } = client as unknown as {
    connectionParameters: { application_name?: string | null };
  };
  return {
    host: client.host,
    port: client.port,
    user: client.user,
    password: client.password ?? undefined,
    database: client.database,
    applicationName: connectionParameters.application_name ?? undefined,
  };
}

function ours(dsn: Dsn) {
  const { hosts, user, password, database, applicationName } = dsn;
  const [{ host, port }] = hosts;
  return { host, port, user, password: password?.reveal(), database, applicationName };
}

describe('an accepted connection string means the same to pg', () => {
  beforeAll(() => {
    for (const name of Object.keys(process.env).filter((key) => key.startsWith('PG'))) {
      Reflect.deleteProperty(process.env, name);
    }
  });

  /** Runs the property and returns how many of the texts were accepted. */
  function agreements(texts: fc.Arbitrary<string>, numRuns: number): number {
    let count = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const verdict = judgeDsn(text);
        // pg knows one host alone.
        if ('faults' in verdict || verdict.dsn.hosts.length > 1) return;
        count += 1;
        expect(ours(verdict.dsn)).toEqual(drivers(text));
      }),
      { numRuns },
    );
    return count;
  }

  it('whatever its parts hold, raw or encoded', () => {
    expect(agreements(randomDsn, 4000)).toBeGreaterThan(300);
  });

  it('after random insertions, deletions and duplications', () => {
    const mutated = fc
      .tuple(validDsn, fc.array(mutation, { minLength: 1, maxLength: 3 }))
      .map(([text, mutations]) => mutations.reduce(mutate, text));
    expect(agreements(mutated, 4000)).toBeGreaterThan(300);
  });

  it('after any single nasty insertion at any place', () => {
    const texts = NASTY.flatMap((text) =>
      Array.from({ length: GOOD.length + 1 }, (_, at) =>
        mutate(GOOD, { kind: 'insert', at, length: 0, text }),
      ),
    );
    const judged = texts.flatMap((text) => {
      const verdict = judgeDsn(text);
      return 'dsn' in verdict && verdict.dsn.hosts.length === 1 ? [{ text, dsn: verdict.dsn }] : [];
    });
    expect(judged.length).toBeGreaterThan(300);
    for (const { text, dsn } of judged)
      expect({ text, ...ours(dsn) }).toEqual({ text, ...drivers(text) });
  });
});

describe('nothing of a password gets out', () => {
  /** Contexts, good and broken, in which a password may stand. */
  const contexts: readonly (readonly [before: string, after: string])[] = [
    ['postgresql://app:', '@db.internal:5432/holdfast'],
    ['postgres://app:', '@db.internal/holdfast?sslmode=require'],
    ['postgresql+asyncpg://app:', '@db.internal/holdfast'],
    ['mysql://app:', '@db.internal/holdfast'],
    ['app:', '@db.internal/holdfast'],
    ['"postgresql://app:', '@db.internal/holdfast"'],
    ['\uFEFFpostgresql://app:', '@db.internal/holdfast'],
    ['postgresql://app:', '\n@db.internal/holdfast'],
    ['postgresql://app:', '%zz@db.internal/holdfast'],
    ['postgresql://app:', '%ff@db.internal/holdfast'],
    ['postgresql://app:', '@one,two/holdfast'],
    ['postgresql://app:', '@db.internal:99999/holdfast'],
    ['postgresql://app:', '@db.internal'],
    ['postgresql://app:', '@/holdfast'],
    ['postgresql://:', '@db.internal/holdfast'],
    ['postgresql://app:', ''],
    ['postgresql://app:', '/holdfast'],
    ['postgresql://', '@db.internal'],
    ['postgresql://app@db.internal:', '/holdfast'],
    ['postgresql://app:word@db.internal/holdfast?password=', ''],
    ['postgresql://app:word@db.internal/holdfast?', '=1'],
    ['postgresql://app:word@db.internal/holdfast?sslmode=', ''],
    ['postgresql://app:word@db.internal/holdfast#', ''],
    ['host=db.internal user=app password=', ' dbname=holdfast'],
    ['password=', ''],
    ['', ''],
  ];

  /** Whether a password holds a text of which the encoded form alone, as of é, is a fragment. */
  const holds = (password: string, text: string) =>
    text.isWellFormed() && leaksOf(password, `${text} ${percentEncoded(text)}`).length > 0;

  it('in the message of a fault, however broken the text', () => {
    let faults = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...contexts),
        seededPassword,
        fc.boolean(),
        fc.array(mutation, { maxLength: 2 }),
        ([before, after], password, encoded, mutations) => {
          const text = before + (encoded ? percentEncoded(password) : password) + after;
          const mutated = mutations.reduce(mutate, text);
          // Without the colon before it, what comes before a colon of its own is a user's name.
          if (!encoded && password.includes(':') && !mutated.includes(before)) return;
          // What is put elsewhere is no leak of a password that happens to hold the same.
          if (mutations.some(({ kind, text: put }) => kind === 'insert' && holds(password, put)))
            return;
          const verdict = judgeDsn(mutated);
          if ('dsn' in verdict) return;
          faults += 1;
          expect(leaksOf(password, JSON.stringify(verdict.faults))).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
    expect(faults).toBeGreaterThan(1000);
  });

  it('where half of a character stands anywhere in the text', () => {
    for (const [before, after] of contexts) {
      const text = `${before}word${after}`;
      for (let at = 0; at <= text.length; at += 1) {
        const verdict = judgeDsn(`${text.slice(0, at)}\ud83d${text.slice(at)}`);
        expect([verdict].filter((each) => 'faults' in each || 'dsn' in each)).toHaveLength(1);
      }
    }
  });

  it('in the mask, raw or encoded', () => {
    let masks = 0;
    fc.assert(
      fc.property(seededPassword, fc.boolean(), (password, encoded) => {
        const text = encoded ? percentEncoded(password) : password;
        const verdict = judgeDsn(`postgresql://app:${text}@db.internal:6432/holdfast`);
        if ('faults' in verdict) return;
        masks += 1;
        expect(leaksOf(password, maskDsn(verdict.dsn))).toEqual([]);
        expect(maskDsn(verdict.dsn)).toBe('postgresql://app:***@db.internal:6432/holdfast');
      }),
      { numRuns: 800 },
    );
    expect(masks).toBeGreaterThan(250);
  });

  it('by the difference between the verdicts on two encoded passwords', () => {
    const suffix = fc.oneof(
      fc.constantFrom(...contexts.map(([, after]) => after)),
      fc
        .tuple(
          fc.constant('@db.internal:5432/holdfast?sslmode=require'),
          fc.array(mutation, { minLength: 1, maxLength: 3 }),
        )
        .map(([text, mutations]) => mutations.reduce(mutate, text)),
    );
    const outcome = (text: string) => {
      const verdict = judgeDsn(text);
      return 'dsn' in verdict ? { mask: maskDsn(verdict.dsn) } : verdict;
    };
    const kinds = new Set<string>();
    fc.assert(
      fc.property(suffix, seededPassword, seededPassword, (after, one, other) => {
        const first = outcome(`postgresql://app:${percentEncoded(one)}${after}`);
        kinds.add('mask' in first ? 'mask' : first.faults[0].code);
        expect(outcome(`postgresql://app:${percentEncoded(other)}${after}`)).toEqual(first);
      }),
      { numRuns: 1500 },
    );
    expect(kinds).toContain('mask');
    expect(kinds.size).toBeGreaterThan(3);
  });

  it('by the difference between two plain passwords in the same broken text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...contexts.slice(0, 17)),
        plainPassword,
        plainPassword,
        ([before, after], one, other) => {
          const [first, second] = [one, other].map((password) => {
            const verdict = judgeDsn(before + password + after);
            return 'dsn' in verdict ? { mask: maskDsn(verdict.dsn) } : verdict;
          });
          expect(first).toEqual(second);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('maskDsn', () => {
  it.each([
    ['postgresql://app:secret@host:5432/db', 'postgresql://app:***@host:5432/db'],
    ['postgresql://app:secret@host/db', 'postgresql://app:***@host:5432/db'],
    ['postgresql://app@host:6432/db', 'postgresql://app@host:6432/db'],
    ['postgresql://app:secret@[2001:db8::1]/db', 'postgresql://app:***@[2001:db8::1]:5432/db'],
    ['postgresql://a%40b:secret@host/d%20b', 'postgresql://a%40b:***@host:5432/d%20b'],
    ['postgresql://app:secret@host/db?sslmode=require', 'postgresql://app:***@host:5432/db'],
    ['postgresql://app:secret@one,[::1]:6/db', 'postgresql://app:***@one:5432,[::1]:6/db'],
    ['postgresql://app:secret@/db?host=/run/pg', 'postgresql://app:***@%2Frun%2Fpg:5432/db'],
  ])('of %s', (text, mask) => {
    expect(maskDsn(accepted(text))).toBe(mask);
  });

  it('has a length that tells nothing about the password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (password) => {
        fc.pre(!password.includes('\0'));
        const dsn = accepted(`postgresql://app:${percentEncoded(password)}@host:5432/db`);
        expect(maskDsn(dsn)).toBe('postgresql://app:***@host:5432/db');
      }),
      { numRuns: 300 },
    );
  });
});
