import { Refused } from './dsn-fault.js';
import { keptParameters, pairsOf, type Pairs } from './dsn-rewrite.js';

/** A connection string of another form, rewritten and masked; undefined where that would be a guess. */
export type Rewrite = (url: string) => string | undefined;

const URL_FORM = 'postgresql://USER:PASSWORD@HOST:5432/DATABASE';

/** What stands behind the scheme. @throws Refused for what is no URL of PostgreSQL */
export function urlRest(text: string, rewrite: Rewrite): string {
  refuseNonsense(text, rewrite);
  return withoutScheme(text, rewrite);
}

function refuseNonsense(text: string, rewrite: Rewrite): void {
  const malformed = (message: string, fix?: string) => new Refused('DSN_MALFORMED', message, fix);
  if (/^\s*$/.test(text)) throw new Refused('DSN_EMPTY', 'is empty or blank');
  if (/^\s*(undefined|null|none|nil)\s*$/i.test(text)) {
    throw new Refused('DSN_EMPTY', 'holds a placeholder for "no value" in place of a value');
  }
  if (text.startsWith('\uFEFF')) {
    throw malformed(
      'starts with a byte order mark',
      'Save the file as UTF-8 without a byte order mark, or remove its first three bytes: `od -c FILE | head -1` shows them.',
    );
  }
  if (/^\s*(?:psql|pg_dump|pg_restore|pgcli|createdb)\s/i.test(text)) {
    throw malformed(
      'is a command, not a connection string',
      `Take only the URL out of it, without the command and the quotes: ${URL_FORM}.`,
    );
  }
  if (
    /^\s*(?:(?:export|set)\s+|\$env:)?[A-Za-z_]\w*\s*=\s*["'`]?[a-z][a-z0-9+]*:\/\//i.test(text)
  ) {
    throw malformed(
      'begins with the name of a variable',
      'Keep what stands behind the =, without its quotes: the name is the name of the variable already.',
    );
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001F\u007F]/.test(text)) {
    throw malformed(
      'holds a line break, tab or another control character',
      'Write it in one line; a file may end with one line break.',
    );
  }
  if (/^\s*\w+\s*=/.test(text)) throw keywords(text, rewrite);
  if (/^['"`]|['"`]$/.test(text)) {
    throw malformed(
      'is wrapped in quotes; remove them',
      'Remove the quotes: a container, and a file of a secret, keep them as a part of the value.',
    );
  }
  if (/\s/.test(text)) {
    throw malformed(
      'holds a blank; percent-encode it as %20',
      'Remove blanks at its ends, and write %20 for one that belongs to a part.',
    );
  }
  if (!text.isWellFormed() || text.includes('\uFFFD')) {
    throw malformed(
      'is not well-formed Unicode',
      'Save it as UTF-8, and percent-encode what is not ASCII.',
    );
  }
}

function keywords(text: string, rewrite: Rewrite): Refused {
  const pairs = keywordPairs(text);
  const { url, lost } = written(rewrite(urlOfKeywords(pairs)), pairs.filter(isParameter));
  return new Refused(
    'DSN_MALFORMED',
    'is a keyword=value text; write it as a URL',
    `Write it as ${url}, the password percent-encoded.${lost}`,
  );
}

/** The connection string with the parameters that go along, and what does not. */
function written(url: string | undefined, pairs: Pairs) {
  const { query, lost } = keptParameters(pairs);
  return { url: `${url ?? URL_FORM}${query}`, lost };
}

const PARTS = ['host', 'port', 'user', 'password', 'dbname'];
const isParameter = ([name]: readonly [string, string]) => !PARTS.includes(name);

/** Empty where a value could be something else than it seems. */
function keywordPairs(text: string): Pairs {
  const pairs = [...text.matchAll(/(\w+)\s*=\s*('(?:\\.|[^'\\])*'|[^\s']*)(?:\s+|$)/gs)];
  if (pairs.map(([whole]) => whole).join('') !== text.trimStart()) return [];
  return pairs.map(([, name = '', value = '']) => [
    name,
    value.startsWith("'") ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value,
  ]);
}

/** Empty where there is no server in it that could be named. */
function urlOfKeywords(pairs: Pairs): string {
  const values = new Map(pairs);
  const part = (name: string) => encodeURIComponent((values.get(name) ?? '').toWellFormed());
  const hosts = (values.get('host') ?? '').split(',');
  const ports = (values.get('port') ?? '').split(',');
  if (!hosts.every((host) => /^[A-Za-z0-9._/-]+$/.test(host)) || values.has('hostaddr')) return '';
  const servers = hosts.map((host, index) => {
    const port = ports.length > 1 ? ports[index] : ports[0];
    const server = host.startsWith('/') ? encodeURIComponent(host) : host;
    return port ? `${server}:${port}` : server;
  });
  const password = values.has('password') ? ':secret' : '';
  return `postgresql://${part('user')}${password}@${servers.join(',')}/${part('dbname')}`;
}

const OTHERS: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(sqlite\d?|file):/i,
    'an SQLite file is no PostgreSQL database',
    `Name a PostgreSQL database: ${URL_FORM}. Only a store that is on SQLITE, under LOCAL, is in a file.`,
  ],
  [
    /^(mysql|mariadb|mssql|sqlserver|oracle|mongodb|redis|rediss|cockroachdb|yugabytedb)\b/i,
    'another database',
    `Name a PostgreSQL database: ${URL_FORM}. CockroachDB and YugabyteDB speak it as postgresql://.`,
  ],
  [
    /^prisma(\+postgres)?:/i,
    'it leads to a proxy that does not speak the protocol of PostgreSQL',
    `Take the direct connection that the console shows as DIRECT_URL or "any client": ${URL_FORM}.`,
  ],
  [
    /^socket:/i,
    'a socket is named as postgresql://USER@/DATABASE?host=/FOLDER',
    `Write postgresql://USER@/DATABASE?host=/FOLDER.`,
  ],
];

function withoutScheme(text: string, rewrite: Rewrite): string {
  const accepted = /^postgres(?:ql)?:\/\//i.exec(text);
  if (accepted) return text.slice(accepted[0].length);
  const unsupported = (hint: string, fix?: string) =>
    new Refused('DSN_SCHEME_UNSUPPORTED', `is not a postgresql:// URL${hint}`, fix);
  const [, driver] =
    /^(?:postgres(?:ql)?|postgis|psql|pgsql|redshift)(\+\w+)?:\/\//i.exec(text) ?? [];
  if (/^(?:postgres(?:ql)?\+\w+|postgis|psql|pgsql|redshift)(?:\+\w+)?:\/\//i.test(text)) {
    const [bare = ''] = text.split('?', 1);
    const query = text.slice(bare.length + 1);
    // With an @ behind it, the ? may be of a password, and so may be what seems to be the server.
    const isPlain = !query.includes('@');
    const { url, lost } = isPlain
      ? written(rewrite(bare.replace(/^[^:]+/, 'postgresql')), pairsOf(query))
      : written(undefined, []);
    throw unsupported(
      driver
        ? `: a driver suffix such as ${/^\+(asyncpg|psycopg2?|pg8000)$/i.test(driver) ? driver : '+asyncpg'} belongs to another language; drop it`
        : ': the name of another tool for it',
      `Write it as ${url}.${lost}`,
    );
  }
  if (/^jdbc:/i.test(text)) {
    const { base, pairs } = partsOfJdbc(text);
    const { url, lost } = written(rewrite(base), pairs);
    throw unsupported(
      ': drop the leading jdbc: and put user and password before the host',
      `Write it as ${url}, the password percent-encoded.${lost}`,
    );
  }
  const other = OTHERS.find(([pattern]) => pattern.test(text));
  if (other) throw unsupported(`: ${other[1]}`, other[2]);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw unsupported('');
  throw new Refused(
    'DSN_MALFORMED',
    'does not start with postgresql://',
    `Write it as ${URL_FORM}.`,
  );
}

/** What stands in it without a user is none that could be named. */
function partsOfJdbc(text: string): { readonly base: string; readonly pairs: Pairs } {
  const [, servers = '', query = ''] =
    /^jdbc:postgresql:\/\/([^?#@]*)(?:\?(.*))?$/i.exec(text) ?? [];
  const pairs = pairsOf(query);
  const values = new Map(pairs);
  const user = /^[A-Za-z0-9._-]+$/.exec(values.get('user') ?? '')?.[0] ?? '';
  const password = values.has('password') ? ':secret' : '';
  return { base: `postgresql://${user}${password}@${servers}`, pairs };
}
