/** What stands in for a provider's server. */
export type Shape =
  /** Takes TLS only, and passwords by SCRAM. */
  | 'tls'
  /** Is on the machine itself, without TLS. */
  | 'local'
  /** A unix socket. */
  | 'socket'
  /** A primary and a standby. */
  | 'standbys'
  /** Wants a client certificate. */
  | 'client certificate'
  /** PgBouncer, over TLS. */
  | 'pooler'
  /** Takes the cluster out of `options` before PostgreSQL sees them. */
  | 'router';

/** The connection string of a provider or a tool in its documentation's form, with invented names. */
export interface ProviderDsn {
  readonly provider: string;
  readonly dsn: string;
  /** The server that it works with as pasted, or the code that refuses it. */
  readonly outcome: { readonly works: Shape } | { readonly refused: string };
  /** What to know, or what to write in its place. */
  readonly note: string;
}

const works = (provider: string, shape: Shape, dsn: string, note = ''): ProviderDsn => ({
  provider,
  dsn,
  outcome: { works: shape },
  note,
});
const refused = (provider: string, code: string, dsn: string, note: string): ProviderDsn => ({
  provider,
  dsn,
  outcome: { refused: code },
  note,
});

const RDS_CA = 'sslrootcert=/etc/ssl/rds/global-bundle.pem';

export const providerDsns: readonly ProviderDsn[] = [
  works(
    'Amazon RDS',
    'tls',
    `postgresql://app:invented@orders.c9akciq32.eu-west-1.rds.amazonaws.com:5432/orders?sslmode=verify-full&${RDS_CA}`,
    'the bundle is downloaded from AWS; without it, `sslmode=require`',
  ),
  works(
    'Amazon RDS Proxy',
    'pooler',
    'postgresql://app:invented@orders.proxy-c9akciq32.eu-west-1.rds.amazonaws.com:5432/orders?sslmode=require',
  ),
  works(
    'Amazon Aurora',
    'tls',
    `postgresql://app:invented@orders.cluster-c9akciq32.eu-west-1.rds.amazonaws.com:5432/orders?sslmode=verify-ca&${RDS_CA}`,
    'the name of the cluster moves with the writer',
  ),
  works(
    'Azure Flexible Server',
    'tls',
    'postgresql://app:invented@orders.postgres.database.azure.com:5432/orders?sslmode=require',
  ),
  refused(
    'Azure Single Server',
    'DSN_USER_NOT_ENCODED',
    'postgresql://app@orders:invented@orders.postgres.database.azure.com:5432/orders?sslmode=require',
    'write `app%40orders:`',
  ),
  works(
    'Azure Single Server, encoded',
    'tls',
    'postgresql://app%40orders:invented@orders.postgres.database.azure.com:5432/orders?sslmode=require',
  ),
  refused(
    'Azure portal, as copied',
    'DSN_PLACEHOLDER',
    'postgresql://{your_username}:{your_password}@orders.postgres.database.azure.com:5432/{your_database}?sslmode=require',
    'put the values in place of the braces',
  ),
  works(
    'Cloud SQL, unix socket',
    'socket',
    'postgresql://app:invented@/orders?host=/cloudsql/acme-prod:europe-west1:orders',
    'Cloud Run and App Engine mount the folder; the connector encrypts',
  ),
  works(
    'Cloud SQL Auth Proxy',
    'local',
    'postgresql://app:invented@127.0.0.1:5432/orders?sslmode=disable',
    'the proxy encrypts',
  ),
  works('AlloyDB', 'tls', 'postgresql://app:invented@10.44.0.2:5432/orders?sslmode=require'),
  works(
    'Neon',
    'tls',
    'postgresql://alex:invented@ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech/neondb?sslmode=require&channel_binding=require',
  ),
  works(
    'Neon, verified',
    'tls',
    'postgresql://alex:invented@ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech/neondb?sslmode=verify-full&sslrootcert=system',
  ),
  works(
    'Neon, endpoint in options',
    'router',
    'postgresql://alex:invented@ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech/neondb?options=endpoint%3Dep-cool-darkness-a1b2c3d4&sslmode=require',
  ),
  refused(
    'Supabase, as copied',
    'DSN_PLACEHOLDER',
    'postgresql://postgres:[YOUR-PASSWORD]@db.apbkobhfnmcqqzqeeqss.supabase.co:5432/postgres',
    'put the password in place of the brackets, percent-encoded',
  ),
  works(
    'Supabase, direct',
    'tls',
    'postgresql://postgres:invented@db.apbkobhfnmcqqzqeeqss.supabase.co:5432/postgres',
  ),
  works(
    'Supabase, session pooler',
    'pooler',
    'postgres://postgres.apbkobhfnmcqqzqeeqss:invented@aws-0-eu-central-1.pooler.supabase.com:5432/postgres',
  ),
  works(
    'Supabase, transaction pooler',
    'pooler',
    'postgres://postgres.apbkobhfnmcqqzqeeqss:invented@aws-0-eu-central-1.pooler.supabase.com:6543/postgres',
    'migrate through `MIGRATION_DATABASE_URL`, directly',
  ),
  works(
    'Supabase on Vercel',
    'pooler',
    'postgres://postgres.apbkobhfnmcqqzqeeqss:invented@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x',
    '`supa` is left out',
  ),
  works(
    'Heroku',
    'tls',
    'postgres://uabc12de3:pinvented@ec2-63-32-7-190.eu-west-1.compute.amazonaws.com:5432/d8kq2',
    'certificates are self-signed: `require`, which is the default under PRODUCTION',
  ),
  works(
    'Render',
    'tls',
    'postgresql://app:invented@dpg-cabc12de3-a.frankfurt-postgres.render.com/orders_x1y2',
  ),
  works('Railway', 'tls', 'postgresql://postgres:invented@roundhouse.proxy.rlwy.net:45678/railway'),
  refused(
    'Railway, unresolved reference',
    'DSN_PLACEHOLDER',
    '${{Postgres.DATABASE_URL}}',
    'the reference has to name a service of the same project',
  ),
  works(
    'Fly.io',
    'local',
    'postgres://app:invented@orders-db.flycast:5432/orders?sslmode=disable',
    'the private network is encrypted by WireGuard',
  ),
  works(
    'DigitalOcean',
    'tls',
    'postgresql://doadmin:AVNS_invented@orders-do-user-1234567-0.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require',
  ),
  works(
    'Aiven',
    'tls',
    'postgres://avnadmin:AVNS_invented@pg-1a2b3c-orders.aivencloud.com:12345/defaultdb?sslmode=require',
  ),
  works(
    'Crunchy Bridge',
    'tls',
    'postgres://application:invented@p.abcdefghijklmnopqrstuvwxyz.db.postgresbridge.com:5432/postgres',
  ),
  works(
    'Timescale',
    'tls',
    'postgres://tsdbadmin:invented@abc123def4.gh5ijklmno.tsdb.cloud.timescale.com:34567/tsdb?sslmode=require',
  ),
  works(
    'CockroachDB Cloud',
    'router',
    'postgresql://maxroach:invented@free-tier.gcp-us-central1.cockroachlabs.cloud:26257/bank?sslmode=verify-full&sslrootcert=/etc/ssl/cc-ca.crt&options=--cluster%3Dfunky-skunk-123',
    'the connection; Holdfast itself asks for PostgreSQL 14 or later',
  ),
  works(
    'CockroachDB, client certificate',
    'client certificate',
    'postgresql://maxroach@orders.internal:26257/bank?sslmode=verify-full&sslrootcert=certs/ca.crt&sslcert=certs/client.maxroach.crt&sslkey=certs/client.maxroach.key',
  ),
  works(
    'YugabyteDB',
    'tls',
    'postgresql://admin:invented@us-west1.1a2b3c4d.gcp.ybdb.io:5433/yugabyte?sslmode=verify-full&sslrootcert=/etc/ssl/yb-root.crt',
  ),
  works(
    'Vercel Postgres, Prisma',
    'pooler',
    'postgres://default:invented@ep-old-sun-123456-pooler.us-east-1.postgres.vercel-storage.com:5432/verceldb?pgbouncer=true&connect_timeout=15&sslmode=require',
    '`pgbouncer` is left out',
  ),
  works(
    'Prisma',
    'tls',
    'postgresql://app:invented@db.internal:5432/orders?schema=public&connection_limit=5&pool_timeout=2&sslmode=require',
    'left out; `DB_POOL_SIZE` and `DB_POOL_TIMEOUT` in their place',
  ),
  refused(
    'Prisma, another schema',
    'DSN_PARAMETER_UNSUPPORTED',
    'postgresql://app:invented@db.internal:5432/orders?schema=orders',
    '`ALTER ROLE app SET search_path = orders`',
  ),
  works(
    'Prisma Postgres, direct',
    'tls',
    'postgres://1a2b3c4d5e:sk_invented@db.prisma.io:5432/postgres?sslmode=require',
  ),
  refused(
    'Prisma Accelerate',
    'DSN_SCHEME_UNSUPPORTED',
    'prisma+postgres://accelerate.prisma-data.net/?api_key=invented',
    'take the direct connection',
  ),
  refused(
    'SQLAlchemy, asyncpg',
    'DSN_SCHEME_UNSUPPORTED',
    'postgresql+asyncpg://app:invented@db.internal:5432/orders',
    'write `postgresql://`',
  ),
  refused(
    'SQLAlchemy, psycopg',
    'DSN_SCHEME_UNSUPPORTED',
    'postgresql+psycopg://app:invented@db.internal:5432/orders',
    'write `postgresql://`',
  ),
  works(
    'Django (dj-database-url)',
    'tls',
    'postgres://app:invented@db.internal:5432/orders?conn_max_age=600&sslmode=require',
    'left out; `DB_POOL_RECYCLE` in its place',
  ),
  refused(
    'GeoDjango',
    'DSN_SCHEME_UNSUPPORTED',
    'postgis://app:invented@db.internal:5432/orders',
    'write `postgresql://`',
  ),
  refused(
    'JDBC',
    'DSN_SCHEME_UNSUPPORTED',
    'jdbc:postgresql://db.internal:5432/orders?user=app&password=invented&ssl=true',
    'write `postgresql://app:PASSWORD@db.internal:5432/orders?sslmode=verify-full`',
  ),
  works(
    'Rails',
    'tls',
    'postgresql://app:invented@db.internal:5432/orders?pool=5&prepared_statements=false&sslmode=require',
    'left out; `DB_POOL_SIZE` in its place',
  ),
  refused(
    'Node (pg), ssl=true',
    'DSN_PARAMETER_UNSUPPORTED',
    'postgres://app:invented@db.internal:5432/orders?ssl=true',
    'write `sslmode=require` or `sslmode=verify-full`',
  ),
  works(
    'Node (pg), no-verify',
    'tls',
    'postgres://app:invented@db.internal:5432/orders?sslmode=no-verify',
    'is `require`',
  ),
  refused(
    'libpq, default mode written out',
    'DSN_PARAMETER_UNSUPPORTED',
    'postgresql://app:invented@db.internal:5432/orders?sslmode=prefer',
    'write `sslmode=require` or `sslmode=disable`',
  ),
  refused(
    'libpq, keywords',
    'DSN_MALFORMED',
    'host=db.internal port=5432 dbname=orders user=app password=invented sslmode=require',
    'write `postgresql://app:PASSWORD@db.internal:5432/orders?sslmode=require`',
  ),
  refused(
    'psql, with its command',
    'DSN_MALFORMED',
    "psql 'postgresql://app:invented@db.internal:5432/orders'",
    'take the URL alone',
  ),
  works(
    'libpq, settings in options',
    'tls',
    'postgresql://app:invented@db.internal:5432/orders?options=-c%20work_mem%3D16MB%20-c%20jit%3Doff&application_name=orders&sslmode=require',
  ),
  works(
    'libpq 17, direct TLS',
    'tls',
    'postgresql://app:invented@db.internal:5432/orders?sslmode=require&sslnegotiation=direct',
  ),
  works(
    'Debian, local socket',
    'socket',
    'postgresql://app:invented@%2Fvar%2Frun%2Fpostgresql/orders',
  ),
  works(
    'PgBouncer',
    'pooler',
    'postgresql://app:invented@pgbouncer.internal:6432/orders?sslmode=require',
  ),
  works(
    'Patroni',
    'standbys',
    'postgresql://app:invented@pg-0.internal:5432,pg-1.internal:5432,pg-2.internal:5432/orders?target_session_attrs=read-write&sslmode=require',
  ),
  works(
    'pg_auto_failover',
    'standbys',
    'postgres://app:invented@node1.internal:5501,node2.internal:5502/orders?target_session_attrs=primary&sslmode=require',
  ),
  works(
    'CloudNativePG',
    'tls',
    'postgresql://app:invented@orders-rw.prod:5432/orders?sslmode=verify-full&sslrootcert=/etc/secret/ca/ca.crt',
    'of the secret `orders-app`, key `uri`; the authority is in `orders-ca`',
  ),
  works(
    'Zalando operator',
    'tls',
    'postgresql://app:invented@acid-orders.prod.svc.cluster.local:5432/orders?sslmode=require',
  ),
  works('ElephantSQL', 'tls', 'postgres://qxyzabcd:invented@balarama.db.elephantsql.com/qxyzabcd'),
  works(
    'Koyeb',
    'tls',
    'postgres://koyeb-adm:invented@ep-still-band-123456.eu-central-1.pg.koyeb.app/koyebdb',
  ),
  works(
    'Xata',
    'tls',
    'postgresql://a1b2c3:xau_invented@eu-central-1.sql.xata.sh/orders:main?sslmode=require',
  ),
  works(
    'Nile',
    'tls',
    'postgres://0190898b:invented@eu-central-1.db.thenile.dev:5432/orders?sslmode=require',
  ),
];

/** The table of docs/CONNECTION-STRINGS.md. */
export function providerTable(): string {
  const rows = providerDsns.map(({ provider, dsn, outcome, note }) => {
    const told =
      'works' in outcome
        ? `works${note ? `: ${note}` : ''}`
        : `refused, \`${outcome.refused}\`: ${note}`;
    return `| ${provider} | \`${dsn}\` | ${told} |`;
  });
  return ['| from | connection string | as pasted |', '|---|---|---|', ...rows, ''].join('\n');
}
