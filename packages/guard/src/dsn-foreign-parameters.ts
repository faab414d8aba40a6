/** A parameter that is not honoured. */
interface Foreign {
  /** Values with which it can be left out: nothing that was asked is lost or weakened. */
  readonly dropped?: RegExp;
  /** What to use in its place. */
  readonly use: string;
}

const SSLMODE =
  'write sslmode=require (encrypts), sslmode=verify-full (checks the server, too) or sslmode=disable (neither)';
const NO_STATEMENTS = 'not needed: prepared statements have no names here';
const KEPT_ALIVE = 'not needed: connections are kept alive, and DB_CONNECT_TIMEOUT_MS bounds them';
const POOL = 'set DB_POOL_SIZE and DB_MAX_OVERFLOW';
const LIFE = 'set DB_POOL_RECYCLE';
const ANY = /^/;
const NUMBER = /^\d{1,9}$/;

const before = (what: string): Foreign => ({
  use: `put the ${what}, as in postgresql://USER:PASSWORD@HOST:5432/DATABASE`,
});

/** Parameters of libpq that are not honoured, and those of other tools. */
export const FOREIGN_PARAMETERS: ReadonlyMap<string, Foreign> = new Map<string, Foreign>([
  // Overrides: what stands in the URL would not be what holds.
  ['user', before('user before the @')],
  ['password', before('password before the @, percent-encoded')],
  ['dbname', before('database after the host')],
  ['database', before('database after the host')],
  ['hostaddr', before('address in place of the host')],
  ['passfile', { use: 'set DATABASE_URL_FILE, or DB_PASSWORD_FILE' }],
  ['service', { use: 'write out what the service file says' }],
  ['unix_sock', { use: 'write host=/FOLDER without .s.PGSQL.5432' }],
  // Encryption
  ['ssl', { use: SSLMODE }],
  ['requiressl', { use: SSLMODE }],
  ['tls', { use: SSLMODE }],
  ['SSLMODE', { use: SSLMODE }],
  ['sslaccept', { use: 'write sslmode=verify-full for strict, else sslmode=require' }],
  ['sslfactory', { use: SSLMODE }],
  ['uselibpqcompat', { dropped: ANY, use: "not needed: sslmode means what libpq's does" }],
  ['sslcrl', { use: 'revoke certificates at the authority; lists of them are not read' }],
  ['sslcrldir', { use: 'revoke certificates at the authority; lists of them are not read' }],
  ['sslcompression', { dropped: /^0$/, use: 'leave it out: TLS is not compressed' }],
  ['sslsni', { dropped: /^1$/, use: 'leave it out: the name of the host is always sent' }],
  [
    'ssl_min_protocol_version',
    { dropped: /^TLSv1(\.[12])?$/, use: 'leave it out: TLS 1.2 is the least that is spoken' },
  ],
  ['gssencmode', { dropped: /^(disable|prefer)$/, use: 'encrypt with TLS: sslmode=require' }],
  ['krbsrvname', { use: 'log in with a password or a client certificate' }],
  ['gsslib', { use: 'log in with a password or a client certificate' }],
  ['require_auth', { use: 'write channel_binding=require, or demand it in pg_hba.conf' }],
  ['requirepeer', { use: 'set the rights on the folder of the socket' }],
  // Poolers, and pools of other tools
  ['pgbouncer', { dropped: ANY, use: 'not needed: a pooler is recognised' }],
  ['supa', { dropped: ANY, use: 'not needed' }],
  ['workaround', { dropped: ANY, use: 'not needed' }],
  ['connection_limit', { dropped: NUMBER, use: POOL }],
  ['pool_size', { dropped: NUMBER, use: POOL }],
  ['max_overflow', { dropped: NUMBER, use: 'set DB_MAX_OVERFLOW' }],
  ['pool', { dropped: NUMBER, use: POOL }],
  ['pool_timeout', { dropped: NUMBER, use: 'set DB_POOL_TIMEOUT (seconds)' }],
  ['pool_recycle', { dropped: NUMBER, use: LIFE }],
  ['max_connection_lifetime', { dropped: NUMBER, use: LIFE }],
  ['conn_max_age', { dropped: NUMBER, use: LIFE }],
  ['statement_cache_size', { dropped: NUMBER, use: NO_STATEMENTS }],
  ['prepared_statement_cache_size', { dropped: NUMBER, use: NO_STATEMENTS }],
  ['prepared_statements', { dropped: /^(true|false)$/, use: NO_STATEMENTS }],
  ['prepareThreshold', { dropped: NUMBER, use: NO_STATEMENTS }],
  ['binary_parameters', { dropped: /^(yes|no)$/, use: NO_STATEMENTS }],
  ['socket_timeout', { dropped: NUMBER, use: 'set DB_STATEMENT_TIMEOUT_MS' }],
  ['socketTimeout', { dropped: NUMBER, use: 'set DB_STATEMENT_TIMEOUT_MS' }],
  ['command_timeout', { dropped: NUMBER, use: 'set DB_STATEMENT_TIMEOUT_MS' }],
  ['loginTimeout', { dropped: NUMBER, use: 'set DB_CONNECT_TIMEOUT_MS' }],
  ['connectTimeout', { dropped: NUMBER, use: 'set DB_CONNECT_TIMEOUT_MS' }],
  ['keepalives', { dropped: /^1$/, use: KEPT_ALIVE }],
  ['keepalives_idle', { dropped: NUMBER, use: KEPT_ALIVE }],
  ['keepalives_interval', { dropped: NUMBER, use: KEPT_ALIVE }],
  ['keepalives_count', { dropped: NUMBER, use: KEPT_ALIVE }],
  ['tcp_user_timeout', { dropped: NUMBER, use: KEPT_ALIVE }],
  ['tcpKeepAlive', { dropped: /^true$/, use: KEPT_ALIVE }],
  ['load_balance_hosts', { dropped: /^disable$/, use: 'leave it out: hosts are tried in order' }],
  ['load_balance', { dropped: /^false$/, use: 'leave it out: hosts are tried in order' }],
  ['loadBalanceHosts', { dropped: /^false$/, use: 'leave it out: hosts are tried in order' }],
  ['topology_keys', { use: 'name the hosts in the order in which to try them' }],
  ['targetServerType', { use: 'write target_session_attrs=primary' }],
  // Of a session
  ['schema', { dropped: /^public$/, use: 'set it for the role: ALTER ROLE … SET search_path = …' }],
  [
    'currentSchema',
    { dropped: /^public$/, use: 'set it for the role: ALTER ROLE … SET search_path = …' },
  ],
  ['search_path', { use: 'set it for the role: ALTER ROLE … SET search_path = …' }],
  ['statement_timeout', { use: 'set DB_STATEMENT_TIMEOUT_MS' }],
  ['lock_timeout', { use: 'set DB_LOCK_TIMEOUT_MS' }],
  ['client_encoding', { dropped: /^utf-?8$/i, use: 'leave it out: it is UTF8' }],
  ['charset', { dropped: /^utf-?8$/i, use: 'leave it out: it is UTF8' }],
  ['encoding', { dropped: /^utf-?8$/i, use: 'leave it out: it is UTF8' }],
  ['fallback_application_name', { dropped: ANY, use: 'set DB_APPLICATION_NAME' }],
  ['ApplicationName', { use: 'write application_name=' }],
  [
    'replication',
    { use: 'leave it out: it makes a connection for replication, which takes no statements' },
  ],
  ['reWriteBatchedInserts', { dropped: ANY, use: 'not needed' }],
]);
